// load_npy.c -- npy(features, labels): an array a file.
#include "data/arrays.h"

int npy_open(struct array *array, const char *folder, const char *path, struct err *err)
{
    if (stream_open(&array->s, folder, path, false, err) < 0)
        return -1;
    return array_read_npy(array, err);
}

static int open_array(struct array *array, const struct value *call, const char *which,
                      const char *folder, struct err *err)
{
    return npy_open(array, folder, value_arg_text(call, which), err);
}

int facts_npy(struct table_facts *facts, const struct value *call, const char *folder,
              struct err *err)
{
    return arrays_facts(facts, open_array, call, folder, err);
}

int load_npy(struct table *table, const struct value *call, double scale, const char *folder,
             struct err *err)
{
    return arrays_load(table, open_array, call, scale, folder, err);
}
