// npy_header.h -- the header of a NumPy .npy file (numpy.lib.format, versions 1.0 to 3.0), parsed
// strictly.
//
// It is a magic, a version, a length, and a Python dict literal such as
//   {'descr': '<f4', 'fortran_order': False, 'shape': (60000, 784), }
// Exactly these three keys, in any order, nothing evaluated. Accepted are little-endian f2 f4 f8,
// b1, signed and unsigned integers of 1 to 8 bytes, in C order, of rank 1 to 3.
#ifndef W2S_NPY_HEADER_H
#define W2S_NPY_HEADER_H

#include "data/element.h"
#include "data/stream.h"

enum { NPY_MAX_RANK = 4 };

struct npy_header {
    const struct element *type;
    unsigned rank;
    uint64_t size[NPY_MAX_RANK];
    uint64_t total; // elements
};

// Reads the header and checks it against the size of the file; the stream then stands at the data.
W2S_MUST_CHECK int npy_header_read(struct npy_header *header, struct stream *s, struct err *err);

// The parser alone: n bytes of dict. `path` is for messages.
W2S_MUST_CHECK int npy_header_parse(struct npy_header *header, const char *text, size_t n,
                                    const char *path, struct err *err);

#endif
