// cmd_audit.c -- w2s audit: what a run rests on, in one document, bound together by digests.
// Nothing is printed of a store that is not sound.
#include "audit.h"
#include "runs_json.h"

#include "store/fsck.h"

#include <stdio.h>
#include <string.h>

static json_t *hex_json(const struct digest *digest)
{
    char hex[DIGEST_HEX];
    digest_hex(hex, digest);
    return json_string(hex);
}

static json_t *steps_json(const struct audit *a)
{
    json_t *list = json_array();
    for (size_t i = 0; i < a->plan.n; i++) {
        const struct audit_step *s = &a->steps[i];
        json_t *in = json_array();
        for (size_t k = 0; k < s->step->n_in; k++)
            json_array_append_new(in, json_integer(s->step->in[k]));
        json_t *json =
            json_pack("{sI ss ss ss so so so}", "id", (json_int_t)i, "kind", s->step->kind, "label",
                      s->step->label, "attrs", s->step->attrs, "key", hex_json(&s->step->key), "in",
                      in, "link", hex_json(&s->link));
        if (s->step->seed != SEED_NONE)
            json_object_set_new(json, "seed", json_integer(s->step->seed));
        if (s->recorded) {
            json_object_set_new(json, "result", hex_json(&s->result));
            json_object_set_new(json, "seconds", json_real(s->seconds));
            json_object_set_new(json, "made_by", json_integer((json_int_t)s->made_by));
        }
        json_array_append_new(list, json);
    }
    return list;
}

static json_t *gold_json(const struct audit *a)
{
    struct gold_note *notes;
    size_t n = audit_gold(&notes, a);
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(list,
                              json_pack("{ss ss ss sI sb}", "reader", notes[i].reader, "kind",
                                        notes[i].kind, "data", notes[i].data, "steps",
                                        (json_int_t)notes[i].times, "reads", (int)notes[i].reads));
    mem_free(notes);
    return list;
}

static json_t *losses_json(const struct audit *a)
{
    struct loss_note notes[64];
    struct arena arena = {0};
    json_t *list = json_array();
    size_t n = audit_losses(notes, ARRAY_LEN(notes), &arena, a);
    for (size_t i = 0; i < n; i++) {
        json_t *cite = json_array();
        for (size_t k = 0; k < notes[i].n_cite; k++)
            json_array_append_new(cite, json_string(notes[i].cite[k]));
        json_array_append_new(list,
                              json_pack("{ss ss ss so sb}", "name", notes[i].name, "title",
                                        notes[i].title, "formula", notes[i].formula, "cite", cite,
                                        "constraint", (int)notes[i].constraint));
    }
    arena_release(&arena);
    return list;
}

// Of all steps whose parameters can be read.
static json_t *models_json(const struct audit *a)
{
    json_t *list = json_array();
    for (size_t i = 0; i < a->plan.n; i++) {
        struct audit_model model;
        if (!audit_model(&model, a, i))
            continue;
        const struct explain_kind *kind = explain_kind_of(&model.what);
        json_t *json = json_pack("{sI ss ss sb}", "step", (json_int_t)i, "name", a->plan.steps[i].label, "kind",
                                 kind->name, "standardised", (int)model.standardised);
        kind->add_json(json, &model.what);
        json_array_append_new(list, json);
        audit_model_release(&model);
    }
    return list;
}

static json_t *all_rules_json(const struct audit *a)
{
    struct arena arena = {0};
    struct rules_source source;
    json_t *list = json_array();
    for (size_t i = 0; i < a->plan.n; i++)
        if (audit_rules(&source, &arena, a, i))
            json_array_append_new(list, rules_json(&source));
    arena_release(&arena);
    return list;
}

static json_t *texts_json(const char *const *texts, size_t n)
{
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(list, json_string(texts[i]));
    return list;
}

static json_t *all_labels_json(const struct audit *a)
{
    json_t *list = json_array();
    struct labels_note note;
    struct arena arena = {0};
    for (size_t i = 0; i < a->plan.n; i++)
        if (audit_labels(&note, &arena, a, i))
            json_array_append_new(
                list, json_pack("{ss ss ss so so}", "teacher", note.teacher, "file", note.file,
                                "digest", note.digest, "annotators",
                                texts_json(note.annotator, note.n_annotators), "provenances",
                                texts_json(note.provenance, note.n_provenances)));
    arena_release(&arena);
    return list;
}

void audit_print_json(const struct audit *a)
{
    json_t *root = run_json(a->row, &a->detail), *seeds = json_array();
    for (size_t i = 0; i < a->plan.n_seeds; i++)
        json_array_append_new(seeds, json_integer(a->plan.seeds[i]));
    json_object_set_new(root, "schema", json_string("w2s.audit/1"));
    json_object_set_new(root, "seeds", seeds);
    json_object_set_new(root, "head", hex_json(&a->head));
    json_object_set_new(root, "store_head", hex_json(&a->store_head));
    json_object_set_new(root, "store_records", json_integer((json_int_t)a->records));
    json_object_set_new(root, "missing_steps", json_integer((json_int_t)a->n_missing));
    json_object_set_new(root, "file", json_stringn((const char *)a->source, a->source_n));
    json_object_set_new(root, "gold_labels", gold_json(a));
    json_object_set_new(root, "losses", losses_json(a));
    json_object_set_new(root, "rules", all_rules_json(a));
    json_object_set_new(root, "labels", all_labels_json(a));
    json_object_set_new(root, "models", models_json(a));
    json_object_set_new(root, "steps", steps_json(a));
    json_dumpf(root, stdout, JSON_INDENT(1));
    fputc('\n', stdout);
    json_decref(root);
}

static void tell(void *data, const char *problem)
{
    (void)data;
    fprintf(stderr, "w2s: %s\n", problem);
}

static enum exit_status check(const char *path)
{
    struct checked found;
    struct err err = {0};
    if (store_check(&found, path, false, tell, NULL, &err) < 0)
        return cli_fail(&err);
    if (found.problems == 0)
        return EXIT_DONE;
    fputs("  The store is not what was written: there is nothing to vouch for.\n", stderr);
    return EXIT_IO;
}

enum exit_status cmd_audit(const struct options *options)
{
    struct runs runs = {0};
    struct audit audit;
    struct err err = {0};
    if (options->n_arguments != 1)
        return cli_misuse("audit wants one run");
    enum exit_status status = check(cli_store_path(options, false));
    if (status == EXIT_DONE)
        status = runs_open(&runs, options);
    const struct run_row *row =
        status == EXIT_DONE ? runs_find(&runs, options->arguments[0]) : NULL;
    if (status == EXIT_DONE && row == NULL)
        status = EXIT_MISUSE;
    if (status == EXIT_DONE) {
        if (audit_read(&audit, &runs, row, &err) < 0)
            status = cli_fail(&err);
        else if (options->json)
            audit_print_json(&audit);
        else
            audit_print(&audit);
        audit_release(&audit);
    }
    runs_release(&runs);
    return status;
}
