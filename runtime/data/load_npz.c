// load_npz.c -- npz(path, features, labels): two npy arrays in one zip file, as np.savez writes it.
#include "data/arrays.h"
#include "data/zip.h"

int npz_open(struct array *array, const char *folder, const char *path, const char *name, struct err *err)
{
    if (stream_open(&array->s, folder, path, false, err) < 0 || zip_open(&array->s, name, ".npy", err) < 0)
        return -1;
    return array_read_npy(array, err);
}

static int open_array(struct array *array, const struct value *call, const char *which,
                      const char *folder, struct err *err)
{
    return npz_open(array, folder, value_arg_text(call, "path"), value_arg_text(call, which), err);
}

int facts_npz(struct table_facts *facts, const struct value *call, const char *folder,
              struct err *err)
{
    return arrays_facts(facts, open_array, call, folder, err);
}

int load_npz(struct table *table, const struct value *call, double scale, const char *folder,
             struct err *err)
{
    return arrays_load(table, open_array, call, scale, folder, err);
}
