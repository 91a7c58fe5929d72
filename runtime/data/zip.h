// zip.h -- the directory of a zip file, as NumPy's npz is one, read strictly.
//
// PKWARE's APPNOTE 6.3: stored and deflated entries, zip64. The directory must end where the file's
// last record begins, and no two entries may have one name or share bytes, so what is read is never
// another thing than what other programs see, and a small file cannot unfold to more than 1032
// times its size. Encryption, several disks, other ways of compression: refused.
#ifndef W2S_ZIP_H
#define W2S_ZIP_H

#include "data/stream.h"

// Narrows the stream, just opened, to the content of the entry `name` + `suffix`; reading checks
// its checksum. The whole directory is checked first. An unknown name is answered with those that
// have the suffix.
W2S_MUST_CHECK int zip_open(struct stream *s, const char *name, const char *suffix,
                            struct err *err);

#endif
