// test_step_pair.c -- rankings within groups and within classes: every list is of one stratum, in the order of the
// scores, and strata come as often as their sizes say; what cannot be ranked is refused.
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/mem.h"
#include "compile_text.h"
#include "exec/steps.h"

#include <math.h>
#include <stdio.h>
#include <unistd.h>

enum { N = 60, PAIRS = 3000, K = 3, GROUPS = 4 };

static char path[] = "/tmp/w2s_pairs_XXXXXX";

// Group 0 has half of the rows, 1 a third, 2 ten, less two that are group 3, which is too small.
static unsigned group_of(unsigned i)
{
    return i % 2 == 0 ? 0 : i % 3 != 0 ? 1 : i < 12 ? 3 : 2;
}

static int write_rows(void **state)
{
    (void)state;
    FILE *f = fdopen(mkstemp(path), "w");
    if (f == NULL)
        return -1;
    fputs("a,b,site,y\n", f);
    for (unsigned i = 0; i < N; i++)
        fprintf(f, "%u,%u,g%u,c%u\n", i * 7 % 11, i * 5 % 13, group_of(i), i % 3 == 1);
    return fclose(f);
}

static int remove_rows(void **state)
{
    (void)state;
    return unlink(path);
}

static const char program[] =
    "experiment \"t\" { seeds = 0 }\n"
    "data d = csv(\"%s\", label: \"y\") { group = site }\n"
    "teacher t { model = linear(); train = d; epochs = 1 }\n"
    "student s { model = linear(); train = seen(d); epochs = 1\n"
    "            learn = preferences(from: t, pairs: 3000, loss: plackett_luce, list: 3%s) }\n"
    "evaluate { models = [s]; on = [seen(d)] }\n";

static uint32_t find_step(const struct plan *plan, enum step_kind kind)
{
    uint32_t found = STEP_NONE;
    for (uint32_t i = 0; i < plan->n; i++)
        if (plan->steps[i].kind == kind)
            found = i;
    assert_true(found != STEP_NONE);
    return found;
}

static unsigned class_of(unsigned i)
{
    return i % 3 == 1;
}

// How often each stratum is drawn: by its rows, and by the chance that three of them differ.
static void check_shares(const size_t *drawn, unsigned (*of)(unsigned i))
{
    double weight[GROUPS] = {0}, sum = 0;
    for (unsigned i = 0; i < N; i++)
        weight[of(i)]++;
    for (unsigned g = 0; g < GROUPS; g++) {
        double n = weight[g];
        weight[g] = n >= K ? (n - 1) * (n - 2) / n : 0;
        sum += weight[g];
    }
    for (unsigned g = 0; g < GROUPS; g++)
        assert_true(fabs((double)drawn[g] / PAIRS - weight[g] / sum) < 0.04); // four deviations
}

static void check_lists(const struct artifact *lists, const struct artifact *logits,
                        unsigned (*of)(unsigned i))
{
    size_t drawn[GROUPS] = {0};
    assert_int_equal(lists->n, PAIRS);
    assert_int_equal(lists->classes, K);
    for (size_t i = 0; i < PAIRS; i++) {
        const uint32_t *row = artifact_lists(lists) + i * K;
        drawn[of(row[0])]++;
        for (size_t k = 1; k < K; k++) {
            const float *better = logits->values + 2 * row[k - 1], *worse = logits->values + 2 * row[k];
            assert_int_equal(of(row[k]), of(row[0]));
            assert_true(better[1] - better[0] > worse[1] - worse[0]);
        }
    }
    check_shares(drawn, of);
}

static int run_lists(struct compiled_text *c, struct run *run, const char *within, struct err *err)
{
    char text[1000];
    snprintf(text, sizeof text, program, path, within);
    compile_right(c, text);
    bool *wanted = mem_new(c->plan.n * sizeof *wanted);
    uint32_t lists = find_step(&c->plan, STEP_pair);
    wanted[lists] = wanted[c->plan.steps[lists].in[0]] = true;
    run_init(run, &c->plan);
    run->wanted = wanted;
    struct run_options how = {.kernels = kernel_select(NULL), .threads = 1, .folder = "."};
    int status = run_execute(run, &how, err);
    mem_free(wanted);
    run->wanted = NULL;
    return status;
}

static void check_within(const char *within, unsigned (*of)(unsigned i))
{
    struct compiled_text c;
    struct run run;
    struct err err = {0};
    if (run_lists(&c, &run, within, &err) < 0)
        fail_msg("%s", err.text);
    uint32_t lists = find_step(&c.plan, STEP_pair);
    check_lists(&run.artifacts[lists], &run.artifacts[c.plan.steps[lists].in[0]], of);
    run_release(&run);
    compile_text_release(&c);
}

static void lists_keep_to_their_group(void **state)
{
    (void)state;
    check_within(", within: group", group_of);
}

static void lists_keep_to_their_class(void **state)
{
    (void)state;
    check_within(", within: class", class_of);
}

static void scores_that_hardly_differ(void **state)
{
    (void)state;
    struct compiled_text c;
    struct run run;
    struct err err = {0};
    assert_int_equal(run_lists(&c, &run, ", within: group, margin: 1e6", &err), -1);
    assert_non_null(strstr(err.text, "the teacher's scores hardly differ"));
    run_release(&run);
    compile_text_release(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_keep_to_their_group),
        cmocka_unit_test(lists_keep_to_their_class),
        cmocka_unit_test(scores_that_hardly_differ),
    };
    return cmocka_run_group_tests(tests, write_rows, remove_rows);
}
