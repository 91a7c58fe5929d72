// arrays.h -- a table from two arrays of numbers, whatever files they are in: N x D features (or N
// images of height x width) and N labels.
//
// A format says how an array is found and what its header claims (array_open); from there on all is
// the same. Unsigned bytes stay bytes; all else becomes f32.
#ifndef W2S_ARRAYS_H
#define W2S_ARRAYS_H

#include "data/loaders.h"
#include "data/npy_header.h"

struct array {
    struct stream s; // at the first element; all of what is left in it is the array
    const struct element *type;
    unsigned rank;
    uint64_t size[NPY_MAX_RANK];
};

// Opens the array that the argument `which` of the call names: "features" or "labels". After a
// failure the stream is closed by the caller.
typedef int array_open(struct array *array, const struct value *call, const char *which,
                       const char *folder, struct err *err);

W2S_MUST_CHECK int arrays_facts(struct table_facts *facts, array_open *open,
                                const struct value *call, const char *folder, struct err *err);
W2S_MUST_CHECK int arrays_load(struct table *table, array_open *open, const struct value *call,
                               double scale, const char *folder, struct err *err);

// An array of a file, by the name it has there; npy files hold one. After a failure the caller closes the stream.
W2S_MUST_CHECK int npy_open(struct array *array, const char *folder, const char *path, struct err *err);
W2S_MUST_CHECK int npz_open(struct array *array, const char *folder, const char *path, const char *name,
                            struct err *err);
W2S_MUST_CHECK int safetensors_open(struct array *array, const char *folder, const char *path,
                                    const char *name, struct err *err);

// The elements of an array, a piece at a time: `take` gets each with its place in the file.
W2S_MUST_CHECK int array_elements(struct array *array, size_t total,
                                  int (*take)(void *data, size_t at, double x, struct err *err), void *data,
                                  struct err *err);

// The array of the npy file at which array->s stands.
W2S_MUST_CHECK int array_read_npy(struct array *array, struct err *err);

#endif
