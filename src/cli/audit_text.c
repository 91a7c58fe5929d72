// audit_text.c -- an audit as a document to be read.
#include "audit.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static void heading(const char *text)
{
    printf("\n%s\n", text);
    for (size_t i = 0; i < strlen(text); i++)
        putchar('-');
    putchar('\n');
}

static void print_head(const struct audit *a)
{
    char time[32], uid[33], hex[DIGEST_HEX];
    write_uid(uid, &a->row->run.uid);
    write_time(time, a->row->run.started);
    printf("AUDIT of run %llu: %s\n\n", (unsigned long long)a->row->run.number, a->row->run.title);
    printf("id          %s\nstarted     %s\nstate       %s\n", uid, time, a->row->state);
    digest_hex(hex, &a->row->end.digest);
    printf("digest      %s\n", a->row->ended ? hex : "-");
    digest_hex(hex, &a->head);
    printf("audit head  %s\n", hex);
    digest_hex(hex, &a->store_head);
    printf("store head  %s, %llu records\n", hex, (unsigned long long)a->records);
    if (a->n_missing > 0)
        printf("INCOMPLETE  %zu steps of the plan have no record\n", a->n_missing);
}

static void print_where(const struct audit *a)
{
    heading("where and how");
    for (size_t i = 0; i < a->detail.n_provenance; i++)
        if (strncmp(a->detail.provenance[i].name, "data ", 5) != 0)
            printf("%-12s %s\n", a->detail.provenance[i].name, a->detail.provenance[i].value);
    printf("%-12s", "seeds used");
    for (size_t i = 0; i < a->plan.n_seeds; i++)
        printf(" %lld", (long long)a->plan.seeds[i]);
    putchar('\n');
}

// "; annotators ann, bob"; nothing where they have no names.
static void print_names(const char *before, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (names[i][0] == '\0')
            continue;
        printf("%s %s", before, names[i]);
        before = ",";
    }
}

static void print_labels(const struct audit *a)
{
    struct arena arena = {0};
    struct labels_note note;
    for (size_t i = 0; i < a->plan.n; i++) {
        if (!audit_labels(&note, &arena, a, i))
            continue;
        printf("%s: labels in %s, sha256 %s", note.teacher, note.file, note.digest);
        print_names("; annotators", note.annotator, note.n_annotators);
        print_names("; from", note.provenance, note.n_provenances);
        putchar('\n');
    }
    arena_release(&arena);
}

static void print_data(const struct audit *a)
{
    char hex[DIGEST_HEX];
    heading("data");
    for (size_t i = 0; i < a->detail.n_provenance; i++)
        if (strncmp(a->detail.provenance[i].name, "data ", 5) == 0)
            printf("%s: %s\n", a->detail.provenance[i].name + 5, a->detail.provenance[i].value);
    for (size_t i = 0; i < a->plan.n; i++) {
        if (strcmp(a->steps[i].step->kind, "load") != 0)
            continue;
        digest_hex(hex, &a->steps[i].result);
        printf("%s: %s\n  content as loaded %s\n", a->steps[i].step->label, a->steps[i].step->attrs,
               hex);
    }
    print_labels(a);
}

static void print_source(const struct audit *a)
{
    char hex[DIGEST_HEX];
    digest_hex(hex, &a->row->run.source);
    heading("the file");
    printf("sha256 %s\n\n", hex);
    fwrite(a->source, 1, a->source_n, stdout);
    if (a->source_n > 0 && a->source[a->source_n - 1] != '\n')
        putchar('\n');
}

static void print_gold(const struct audit *a)
{
    struct gold_note *notes;
    size_t n = audit_gold(&notes, a);
    heading("who read which gold labels");
    for (size_t i = 0; i < n; i++)
        printf("%-8s %s (%s) of %s, %zu step%s\n", notes[i].reads ? "read" : "did not",
               notes[i].reader, notes[i].kind,
               notes[i].data[0] != '\0' ? notes[i].data : "its input", notes[i].times,
               notes[i].times == 1 ? "" : "s");
    mem_free(notes);
}

static bool is_kind(const struct file_step *step, enum step_kind kind)
{
    return strcmp(step->kind, step_kind_name(kind)) == 0;
}

// By step: the trainings behind targets, rankings and votes, whatever stands between, and what else is on the way.
static bool *find_teachers(const struct audit *a)
{
    static const enum step_kind guides[] = {STEP_guide, STEP_pair, STEP_poll, STEP_filter, STEP_relabel};
    bool *behind = mem_new((a->plan.n + 1) * sizeof *behind);
    for (size_t i = a->plan.n; i-- > 0;) { // inputs have smaller numbers
        const struct file_step *step = a->steps[i].step;
        bool passes = behind[i] && !is_kind(step, STEP_train);
        for (size_t k = 0; k < ARRAY_LEN(guides); k++)
            passes |= is_kind(step, guides[k]);
        for (size_t k = 0; passes && k < step->n_in; k++)
            behind[step->in[k]] = true;
    }
    return behind;
}

static void print_learned(const struct audit *a, size_t number)
{
    struct audit_model model;
    if (!audit_model(&model, a, number))
        return;
    if (model.standardised)
        puts("  features are standardised");
    explain_kind_of(&model.what)->print(stdout, &model.what);
    putchar('\n');
    audit_model_release(&model);
}

// Each teacher once, whatever the seed.
static void print_teachers(const struct audit *a)
{
    struct loss_note notes[64];
    struct arena arena = {0};
    heading("teachers, and the losses and constraints in use");
    const char *last = "";
    bool *behind = find_teachers(a);
    for (size_t i = 0; i < a->plan.n; i++) {
        const struct file_step *step = a->steps[i].step;
        if (!behind[i] || !is_kind(step, STEP_train) || strcmp(step->label, last) == 0)
            continue;
        last = step->label;
        printf("%s: trained on %s\n  %s\n", step->label,
               step->n_in > 0 ? a->plan.steps[step->in[0]].label : "?", step->attrs);
        print_learned(a, i);
    }
    mem_free(behind);
    struct rules_source source;
    for (size_t i = 0; i < a->plan.n; i++)
        if (audit_rules(&source, &arena, a, i))
            rules_print(stdout, &source);
    size_t n = audit_losses(notes, ARRAY_LEN(notes), &arena, a);
    for (size_t i = 0; i < n; i++) {
        printf("%s %s: %s\n", notes[i].noun, notes[i].name,
               notes[i].title);
        if (notes[i].formula[0] != '\0')
            printf("  %s\n", notes[i].formula);
        for (size_t k = 0; k < notes[i].n_cite; k++)
            printf("  %s\n", notes[i].cite[k]);
    }
    arena_release(&arena);
}

static void print_steps(const struct audit *a)
{
    char key[DIGEST_SHORT], result[DIGEST_HEX], link[DIGEST_HEX];
    heading("steps, each bound to all before it");
    for (size_t i = 0; i < a->plan.n; i++) {
        const struct audit_step *s = &a->steps[i];
        digest_short(key, &s->step->key);
        digest_hex(result, &s->result);
        digest_hex(link, &s->link);
        printf("%zu %s %s", i + 1, s->step->kind, s->step->label);
        if (s->step->seed != SEED_NONE)
            printf(", seed %lld", (long long)s->step->seed);
        printf("\n  key %s  from", key);
        for (size_t k = 0; k < s->step->n_in; k++)
            printf(" %u", (unsigned)s->step->in[k] + 1);
        if (s->recorded)
            printf("\n  result %s  %.3f s, run %llu", result, s->seconds,
                   (unsigned long long)s->made_by);
        printf("\n  link %s\n", link);
    }
}

static void print_numbers(const struct audit *a)
{
    struct str text = {0};
    for (int controls = 0; controls < 2; controls++) {
        heading(controls ? "controls" : "numbers");
        for (size_t i = 0; i < a->detail.n_metrics; i++) {
            const struct metric_record *m = &a->detail.metrics[i];
            const char *params = run_detail_params(&a->detail, m->point);
            if ((m->control != 0) != controls)
                continue;
            str_clear(&text);
            write_metric(&text, m);
            printf("%s of %s on %s%s%s: %s", m->metric, m->model, m->on_data,
                   params[0] != '\0' ? " at " : "", params, text.data);
            for (size_t k = 0; k < m->by_seed.n; k++)
                printf("%s%.9g", k == 0 ? "  (" : ", ", m->by_seed.x[k]);
            printf("%s%s%s\n", m->by_seed.n > 0 ? ")" : "", m->refused[0] != '\0' ? "  " : "",
                   m->refused);
        }
    }
    str_release(&text);
}

static void print_claims(const struct audit *a)
{
    heading("claims");
    for (size_t i = 0; i < a->detail.n_claims; i++) {
        const struct claim_record *c = &a->detail.claims[i];
        printf("%-8s %s%s%s\n", c->verdict, c->title, c->title[0] != '\0' ? ": " : "",
               c->assertion);
        if (!isnan(c->bound))
            printf("  difference %.9g, lower bound %.9g at %g%%, p = %.3g\n", c->difference,
                   c->bound, 100 * c->level, c->p);
    }
}

void audit_print(const struct audit *a)
{
    print_head(a);
    print_where(a);
    print_data(a);
    print_source(a);
    print_gold(a);
    print_teachers(a);
    print_numbers(a);
    print_claims(a);
    print_steps(a);
}
