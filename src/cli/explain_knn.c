// explain_knn.c -- nearest neighbours: the rows that vote.
#include "explain.h"

#include "base/mem.h"
#include "model/knn.h"

static bool takes(const struct explained *what)
{
    return what->artifact->model.kind == MODEL_KNN;
}

// Of the stored rows that belong to each class; with soft labels, shares of rows.
static double *rows_by_class(const struct explained *what)
{
    const struct model *model = &what->artifact->model;
    size_t C = model->classes, N = knn_rows(model);
    const float *share = what->artifact->values + N * model->features;
    double *rows = mem_new(C * sizeof *rows);
    for (size_t i = 0; i < N * C; i++)
        rows[i % C] += (double)share[i];
    return rows;
}

static void print(FILE *out, const struct explained *what)
{
    const struct model *model = &what->artifact->model;
    double *rows = rows_by_class(what);
    struct str name = {0};
    fprintf(out, "the %zu nearest of %zu rows of %zu features vote\n\n", model->neighbours,
            knn_rows(model), model->features);
    for (size_t c = 0; c < model->classes; c++) {
        str_clear(&name);
        explain_class(&name, what->table, c);
        fprintf(out, "%-12s %.6g rows\n", str_text(&name), rows[c]);
    }
    str_release(&name);
    mem_free(rows);
}

static void add_json(json_t *object, const struct explained *what)
{
    const struct model *model = &what->artifact->model;
    double *rows = rows_by_class(what);
    json_t *list = json_array();
    for (size_t c = 0; c < model->classes; c++)
        json_array_append_new(list, json_real(rows[c]));
    json_object_set_new(object, "neighbours", json_integer((json_int_t)model->neighbours));
    json_object_set_new(object, "rows", json_integer((json_int_t)knn_rows(model)));
    json_object_set_new(object, "rows_by_class", list);
    mem_free(rows);
}

const struct explain_kind explain_knn = {"knn", takes, print, add_json};
