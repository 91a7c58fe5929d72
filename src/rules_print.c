// rules_print.c -- see rules_print.h.
#include "rules_print.h"

#include "base/str.h"

#include <string.h>

static void print_rule(FILE *out, const struct rules_description *d, const struct rule *rule)
{
    fprintf(out, "  %s: %s", rule->id, rule->text);
    if (rule->cite[0] != '\0')
        fprintf(out, " (%s)", rule->cite);
    for (size_t i = 0; i < rule->n_depends; i++)
        fprintf(out, "%s%s", i > 0 ? ", " : "; depends on ", d->rule[rule->depends[i]].id);
    fputc('\n', out);
}

void rules_print(FILE *out, const struct rules_source *s)
{
    struct rules *rules;
    struct err err = {0};
    if (rules_load(&rules, s->file, s->text, strlen(s->text), &err) < 0) {
        fprintf(out, "rules of %s: %s\n", s->teacher, err.text);
        return;
    }
    const struct rules_description *d = rules_description(rules);
    fprintf(out, "rules of %s, in %s: %s\n", s->teacher, s->file, d->title);
    for (size_t i = 0; i < d->n_cite; i++)
        fprintf(out, "  %s\n", d->cite[i]);
    for (size_t i = 0; i < d->n; i++)
        print_rule(out, d, &d->rule[i]);
    rules_free(rules);
}

static json_t *rule_json(const struct rules_description *d, const struct rule *rule)
{
    json_t *depends = json_array();
    for (size_t i = 0; i < rule->n_depends; i++)
        json_array_append_new(depends, json_string(d->rule[rule->depends[i]].id));
    json_t *json = json_pack("{ss ss so}", "id", rule->id, "text", rule->text, "depends", depends);
    if (rule->cite[0] != '\0')
        json_object_set_new(json, "cite", json_string(rule->cite));
    return json;
}

json_t *rules_json(const struct rules_source *s)
{
    struct rules *rules;
    struct err err = {0};
    if (rules_load(&rules, s->file, s->text, strlen(s->text), &err) < 0)
        return json_pack("{ss ss ss}", "teacher", s->teacher, "file", s->file, "error", err.text);
    const struct rules_description *d = rules_description(rules);
    json_t *list = json_array(), *cite = json_array();
    for (size_t i = 0; i < d->n_cite; i++)
        json_array_append_new(cite, json_string(d->cite[i]));
    for (size_t i = 0; i < d->n; i++)
        json_array_append_new(list, rule_json(d, &d->rule[i]));
    json_t *json = json_pack("{ss ss ss so so}", "teacher", s->teacher, "file", s->file, "title",
                             d->title, "cite", cite, "rules", list);
    rules_free(rules);
    return json;
}
