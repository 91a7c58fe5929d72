// stream.h -- the bytes of one input file, plain or gzip, read front to back.
//
// Life cycle: stream_open or stream_open_memory, then reads, then stream_close (also after a
// failure, and harmless twice or on { 0 }); stream_part narrows it to a part of the file. Whether a
// file is gzip is told by its first bytes, not its name. A file is hostile: before a loader
// allocates what a header asks for, stream_expect compares that with the bytes that are there; a
// gzip file cannot inflate to more than 1032 times its size.
#ifndef W2S_STREAM_H
#define W2S_STREAM_H

#include "base/err.h"
#include "base/str.h"

#include <zlib.h>

struct stream {
    struct str path; // as searched, for messages
    bool open;
    int fd;                // -1: the bytes are in memory
    const uint8_t *memory; // what is left of them; borrowed
    uint64_t stored;       // bytes in the file
    uint64_t left;         // of them, not yet read
    bool gzip;
    bool in_member; // between the header of a gzip member and the end of its checksum
    z_stream z;
    uint8_t *buffer; // gzip: what was read and is not yet inflated
    bool part;       // of a file that holds several things: nothing beyond it is read
    bool deflate;    // a part without the header and checksum of gzip; `gzip` is set too
    uint64_t rest;   // of a part: bytes of content not yet read
    bool has_crc;
    uint32_t crc, crc_wanted; // of a part's content
};

// Opens `name`, which starts at `folder` unless it is absolute. Only regular files are opened: no
// directory, pipe or device. With `or_gz`, "name.gz" is taken when "name" is not there.
W2S_MUST_CHECK int stream_open(struct stream *s, const char *folder, const char *name, bool or_gz,
                               struct err *err);
void stream_open_memory(struct stream *s, const char *name, const void *bytes, size_t n);
void stream_close(struct stream *s);

// A part of a file that is not gzip, as the file's directory describes it. It is deflate when
// `deflated`; `length` is that of its content, which has the checksum *crc unless that is NULL.
// Further messages name it path:name.
struct stream_part {
    uint64_t at, stored, length;
    bool deflated;
    const uint32_t *crc;
};
W2S_MUST_CHECK int stream_part(struct stream *s, const char *name, const struct stream_part *part,
                               struct err *err);

// n bytes from place `at` of a file that is not gzip and not in memory, wherever reading stands.
W2S_MUST_CHECK int stream_read_at(const struct stream *s, void *out, size_t n, uint64_t at,
                                  const char *part, struct err *err);

// Exactly n bytes, or ERR_DATA: "'path' ends inside its header"; `part` names what is being read.
W2S_MUST_CHECK int stream_read(struct stream *s, void *out, size_t n, const char *part,
                               struct err *err);

// The header promises `n` bytes of data from here to the end of the file. Refused when a plain file
// has more or fewer, or a gzip file cannot hold so many.
W2S_MUST_CHECK int stream_expect(const struct stream *s, uint64_t n, struct err *err);

// Refuses bytes after the data; of a gzip file it also checks the last checksum.
W2S_MUST_CHECK int stream_end(struct stream *s, struct err *err);

// The length of the whole content, before anything is read. What a gzip file says about itself is
// only a promise: stream_read and stream_end find out.
W2S_MUST_CHECK int stream_length(size_t *n, struct stream *s, struct err *err);

// The bytes as they are stored, for a digest: as many as there are up to n, 0 at the end. Not to be
// mixed with stream_read.
W2S_MUST_CHECK int stream_read_stored(struct stream *s, void *out, size_t n, size_t *got,
                                      struct err *err);

#endif
