// why_row.c -- the row itself: where it stands, its features in the units of the data, and its gold
// label where some stage of the file reads it.
#include "why.h"

static const struct rows *rows_of(const struct why *why)
{
    return &why->run->artifacts[why->row->rows].rows;
}

json_t *why_class(const struct why *why, size_t cls)
{
    return json_pack("{sI so}", "class", (json_int_t)cls, "class_name",
                     explain_class_json(rows_of(why)->table, cls));
}

// Stages that read the gold label of this row.
static json_t *gold_readers(const struct why *why)
{
    json_t *list = json_array();
    const struct plan *plan = why->run->plan;
    for (size_t i = 0; i < why->stages->n; i++) {
        const struct flow_stage *stage = &why->stages->items[i];
        if (!stage->gold || !why->row->holds[rows_unshifted(plan, stage->rows)])
            continue;
        struct str name = {0};
        bool called = stage->call != NULL && stage->call[0] != '\0';
        str_format(&name, called ? "%s(%s)" : "%s%s", called ? stage->call : "", stage->name);
        json_array_append_new(list, json_pack("{ss ss ss}", "stage",
                                              flow_stage_kind_name(stage->kind), "name",
                                              str_text(&name), "rows",
                                              plan->steps[stage->rows].label));
        str_release(&name);
    }
    return list;
}

static void add_gold(json_t *object, const struct why *why)
{
    const struct table *table = rows_of(why)->table;
    json_t *readers = table->y != NULL ? gold_readers(why) : json_array();
    json_t *gold = json_null();
    if (json_array_size(readers) > 0) {
        gold = why_class(why, table->y[rows_of(why)->index[why->row->at]]);
        json_object_set(gold, "read_by", readers);
    }
    json_decref(readers);
    json_object_set_new(object, "gold", gold);
    json_object_set_new(object, "labelled", json_boolean(table->y != NULL));
}

static json_t *features(const struct table *table, size_t row)
{
    json_t *list = json_array();
    for (size_t d = 0; d < table->d; d++)
        json_array_append_new(list, json_pack("{so sf}", "name", explain_feature_json(table, d),
                                              "value", (double)table_feature(table, row, d)));
    return list;
}

static void add_image(json_t *object, const struct table *table)
{
    const struct image_shape *image = &table->image;
    if (image->height > 0)
        json_object_set_new(object, "image",
                            json_pack("{sI sI sI}", "height", (json_int_t)image->height, "width",
                                      (json_int_t)image->width, "channels",
                                      (json_int_t)image->channels));
}

void why_add_row(json_t *object, const struct why *why)
{
    const struct plan *plan = why->run->plan;
    const struct rows *rows = rows_of(why);
    const struct table *table = rows->table;
    size_t row = rows->index[why->row->at];
    json_object_set_new(
        object, "row",
        json_pack("{ss sI ss sI ss?}", "data", plan->steps[why->row->rows].label, "number",
                  (json_int_t)why->row->at + 1, "source",
                  plan->steps[rows_source(plan, why->row->rows)].label, "source_row",
                  (json_int_t)table_id(table, row) + 1, "key",
                  table->key != NULL ? table->key[row] : NULL));
    if (table->group != NULL)
        json_object_set_new(object, "group",
                            json_pack("{ss? sI}", "name", table->group_name, "number",
                                      (json_int_t)table->group[row]));
    add_gold(object, why);
    add_image(object, table);
    json_object_set_new(object, "features", features(table, row));
}
