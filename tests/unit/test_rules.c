// test_rules.c -- files of rules: what they return is checked, votes have the form of rules.h, and
// a vote depends on its row alone.
#include "cmocka_first.h"

#include "hook/rules.h"

#include <stdio.h>
#include <string.h>

static const char *const columns[] = {"money", "hp", "free"};
static const char *const names[] = {"nonspam", "spam", "unsure"};
enum { D = 3, C = 3 };
static const struct rules_data named = {D, C, columns, names}, bare = {D, C, NULL, NULL};

static struct rules *load(const char *text, struct err *err)
{
    struct rules *rules = NULL;
    if (rules_load(&rules, "r.lua", text, strlen(text), err) < 0)
        return NULL;
    return rules;
}

// One rule with this body.
static const char *with_body(char out[1000], const char *body)
{
    snprintf(out, 1000,
             "return { title = 't', rules = { { id = 'a', text = 'b', vote = "
             "function(row)\n%s\nend } } }",
             body);
    return out;
}

// The vote of a rule with this body on the row (1, 0, 0.5).
static int vote_once(float *vote, const char *body, const struct rules_data *data, struct err *err)
{
    char text[1000];
    struct rules *rules = load(with_body(text, body), err);
    assert_non_null(rules);
    const float x[D] = {1, 0, 0.5f};
    int status = rules_bind(rules, data, err);
    assert_int_equal(status, 0);
    status = rules_vote(vote, rules, x, 1, err);
    rules_free(rules);
    return status;
}

static void check_vote(const char *body, float a, float b, float c)
{
    float vote[C];
    struct err err = {0};
    if (vote_once(vote, body, &named, &err) < 0)
        fail_msg("%s: %s", body, err.text);
    const float expected[C] = {a, b, c};
    for (size_t k = 0; k < C; k++)
        if (vote[k] != expected[k])
            fail_msg("%s: class %zu has %g, expected %g", body, k, (double)vote[k],
                     (double)expected[k]);
}

static void test_votes(void **state)
{
    (void)state;
    check_vote("return class('spam')", 0, 1, 0);
    check_vote("return class(0)", 1, 0, 0);
    check_vote("return class(1 + 1)", 0, 0, 1);
    check_vote("return not_class('nonspam')", -1, 0, 0);
    check_vote("return not_class(2)", 0, 0, -1);
    check_vote("return probs{0.5, 0.25, 0.25}", 0.5f, 0.25f, 0.25f);
    check_vote("return probs{spam = 0.75, unsure = 0.25}", 0, 0.75f, 0.25f);
    check_vote("return probs{0.1, 0.2, 0.7}", 0.1f, 0.2f, 0.7f); // 1 but for rounding
    check_vote("return abstain", 0, 0, 0);
    check_vote("return nil", 0, 0, 0);
    check_vote("local x = row.money", 0, 0, 0);
    check_vote("if row.money == 1 and row[2] == 0 and row.free == 0.5 and #row == 3 then\n"
               "return class('unsure') end",
               0, 0, 1);
    check_vote("return class(math.floor(2 ^ 0.5))", 0, 1, 0);
}

static void check_error(const char *body, const struct rules_data *data, const char *expected,
                        const char *hint)
{
    float vote[C];
    struct err err = {0};
    if (vote_once(vote, body, data, &err) == 0)
        fail_msg("%s: no error", body);
    if (strcmp(err.text, expected) != 0)
        fail_msg("%s: %s", body, err.text);
    if (hint != NULL && strcmp(err.hint, hint) != 0)
        fail_msg("%s: hint %s", body, err.hint);
}

static void test_wrong_votes(void **state)
{
    (void)state;
    check_error("return row.mony", &named, "r.lua:2: there is no column 'mony'",
                "Did you mean 'money'?");
    check_error("return row.money", &bare,
                "r.lua:2: there is no column 'money': the columns have no names",
                "row[1] to row[3] take them by number.");
    check_error("return row[4]", &named, "r.lua:2: there is no column 4, a row has 3", NULL);
    check_error("return row[0.5]", &named, "r.lua:2: there is no column 0.5, a row has 3", NULL);
    check_error("row.money = 2", &named, "r.lua:2: a row cannot be changed", NULL);
    check_error("return class('spm')", &named, "r.lua:2: there is no class 'spm'",
                "Did you mean 'spam'?");
    check_error("return class('spam')", &bare,
                "r.lua:2: there is no class 'spam': the classes have no names", NULL);
    check_error("return class(3)", &named, "r.lua:2: there is no class 3 among 3, counted from 0",
                NULL);
    check_error("return class(true)", &named,
                "r.lua:2: class: expected the name or the number of a class, found a boolean",
                NULL);
    check_error("return row.money > 0", &named,
                "r.lua:1: rule 'a': expected a vote, found a boolean",
                "A rule returns class(...), not_class(...), probs{...}, or nothing where it "
                "abstains.");
    check_error("return 1", &named, "r.lua:1: rule 'a': expected a vote, found a number", NULL);
    check_error("return probs{0.5, 0.5}", &named, "r.lua:2: probs: 2 numbers for 3 classes", NULL);
    check_error("return probs{0.5, 0.25, 0.125}", &named,
                "r.lua:2: probs: the numbers add up to 0.875, expected 1", NULL);
    check_error("return probs{1.5, -0.5, 0}", &named,
                "r.lua:2: probs: expected numbers from 0 to 1, found 1.5", NULL);
    check_error("return probs{0/0, 0.5, 0.5}", &named,
                "r.lua:2: probs: expected numbers from 0 to 1, found NaN", NULL);
    check_error("return probs{sp = 1}", &named, "r.lua:2: there is no class 'sp'", NULL);
    check_error("return probs{1, 0, 0, spam = 1}", &named,
                "r.lua:2: probs: expected all by position, or all by name", NULL);
    check_error("return probs('spam')", &named, "r.lua:2: probs: expected a table, found a string",
                NULL);
    check_error("while true do end", &named, "r.lua:2: stopped: the script ran for too long",
                "For every row the whole file runs: keep it short.");
}

// --- the table -----------------------------------------------------------------------------------

static void check_file(const char *text, const char *expected)
{
    struct err err = {0};
    struct rules *rules = load(text, &err);
    if (rules != NULL)
        fail_msg("%s: no error", text);
    if (strcmp(err.text, expected) != 0)
        fail_msg("%s: %s", text, err.text);
}

#define RULE(fields) "return { title = 't', rules = { { " fields " } } }"
#define VOTE         "vote = function(row) end"

static void test_wrong_files(void **state)
{
    (void)state;
    check_file("", "r.lua: expected the file to return a table, found nothing");
    check_file("return {}", "r.lua: title: absent");
    check_file("return { title = 't' }", "r.lua: rules: absent");
    check_file("return { title = 't', rules = {} }", "r.lua: rules: there are none");
    check_file("return { titel = 't' }", "r.lua: field: 'titel' is not known");
    check_file("return { title = 't', rules = { 1 } }",
               "r.lua: rules[1]: expected a table, found a number");
    check_file("return { title = 't', classes = { 'a' }, rules = {} }",
               "r.lua: classes: expected the names of two or more");
    check_file("return { title = 't', classes = { 'a', 'a' }, rules = {} }",
               "r.lua: classes: 'a' twice");
    check_file(RULE("text = 'x', " VOTE), "r.lua: rules[1].id: absent");
    check_file(RULE("id = 'a b', text = 'x', " VOTE), "r.lua: rules[1].id: 'a b' is no name");
    check_file(RULE("id = 'a', " VOTE), "r.lua: rules[1].text: absent");
    check_file(RULE("id = 'a', text = 'x'"), "r.lua: rules[1].vote: absent");
    check_file(RULE("id = 'a', text = 'x', vote = 1"),
               "r.lua: rules[1].vote: expected a function, found a number");
    check_file(RULE("id = 'a', text = 'x', depends = { 'b' }, " VOTE),
               "r.lua: rule 'a': depends: there is no rule 'b'");
    check_file(RULE("id = 'a', text = 'x', depends = { 'a' }, " VOTE),
               "r.lua: rule 'a': depends: a rule does not depend on itself");
    check_file(RULE("id = 'a', text = 'x', " VOTE " }, { id = 'a', text = 'x', " VOTE),
               "r.lua: rules: the id 'a' twice");
    check_file(RULE("id = 'a', text = 'x\\ny', " VOTE),
               "r.lua: rules[1].text: a control character in the text");
    check_file("return class(nil)",
               "r.lua:1: class: expected the name or the number of a class, found nil");
}

static void test_description(void **state)
{
    (void)state;
    struct err err = {0};
    struct rules *rules =
        load("local yes = class('b')\n"
             "return { title = 't', cite = { 'c 1999' }, classes = { 'a', 'b' },\n"
             "rules = { { id = 'x', text = 'tx', vote = function() return yes end },\n"
             "{ id = 'y-1', text = 'ty', cite = 'cl. 3', depends = { 'x' },\n"
             "  vote = function() end } } }",
             &err);
    assert_non_null(rules);
    const struct rules_description *d = rules_description(rules);
    assert_string_equal(d->title, "t");
    assert_int_equal(d->n_cite, 1);
    assert_int_equal(d->n_classes, 2);
    assert_string_equal(d->classes[1], "b");
    assert_int_equal(d->n, 2);
    assert_string_equal(d->rule[1].id, "y-1");
    assert_string_equal(d->rule[1].cite, "cl. 3");
    assert_string_equal(d->rule[0].cite, "");
    assert_int_equal(d->rule[1].n_depends, 1);
    assert_int_equal(d->rule[1].depends[0], 0);
    assert_int_equal(rules_bind(rules, &named, &err), -1);
    assert_string_equal(err.text, "the rules name 2 classes, and the rows have 3");
    err = (struct err){0};
    static const char *const other_way[] = {"b", "a"};
    const struct rules_data two = {1, 2, NULL, NULL}, turned = {1, 2, NULL, other_way};
    assert_int_equal(rules_bind(rules, &turned, &err), -1);
    assert_string_equal(err.text, "the rules call class 0 'a', which is class 1 of the data");
    err = (struct err){0};
    assert_int_equal(rules_bind(rules, &two, &err), 0);
    float votes[4];
    assert_int_equal(rules_vote(votes, rules, (const float[]){0}, 1, &err), 0);
    assert_true(votes[0] == 0 && votes[1] == 1 && votes[2] == 0 && votes[3] == 0);
    rules_free(rules);
}

// --- a vote depends on its row -------------------------------------------------------------------

// Rules that try to remember: a variable of the file, one of another rule, a library, the row.
static const char remembers[] =
    "local calls, seen = 0, {}\n"
    "return { title = 't', rules = {\n"
    "  { id = 'count', text = 'x', vote = function(row)\n"
    "      calls = calls + 1; return class(calls - 1) end },\n"
    "  { id = 'other', text = 'x', vote = function(row) return class(calls) end },\n"
    "  { id = 'table', text = 'x', vote = function(row)\n"
    "      seen[#seen + 1] = row.money; return class(#seen) end },\n"
    "  { id = 'library', text = 'x', vote = function(row)\n"
    "      pcall(function() math.n = (math.n or 0) + 1 end)\n"
    "      pcall(function() string.n = 1 end); pcall(function() table.insert(math, 1) end)\n"
    "      return class((math.n or 0) + #math) end },\n"
    "  { id = 'row', text = 'x', vote = function(row)\n"
    "      local old = seen.row; seen.row = row; return class(old == nil and 0 or 1) end },\n"
    "} }";

static void test_no_memory(void **state)
{
    (void)state;
    enum { N = RULES_BLOCK, R = 5 };
    struct err err = {0};
    struct rules *rules = load(remembers, &err);
    assert_non_null(rules);
    assert_int_equal(rules_bind(rules, &named, &err), 0);
    static float x[N * D], votes[N * R * C];
    for (size_t i = 0; i < N * D; i++)
        x[i] = (float)i;
    for (int block = 0; block < 2; block++) {
        if (rules_vote(votes, rules, x, N, &err) < 0)
            fail_msg("%s", err.text);
        static const size_t said[R] = {0, 1, 1, 0, 0};
        for (size_t i = 0; i < N; i++)
            for (size_t r = 0; r < R; r++)
                for (size_t k = 0; k < C; k++)
                    assert_true(votes[(i * R + r) * C + k] == (k == said[r] ? 1 : 0));
    }
    rules_free(rules);
}

// A file that is another one once the classes are known.
static void test_other_rules(void **state)
{
    (void)state;
    struct err err = {0};
    struct rules *rules = load("if pcall(class, 'none') then\n"
                               "return { title = 't', rules = { { id = 'a', text = 'x',\n"
                               "vote = function() end } } } end return 1",
                               &err);
    assert_non_null(rules);
    assert_int_equal(rules_bind(rules, &named, &err), 0);
    float vote[C];
    const float x[D] = {0};
    assert_int_equal(rules_vote(vote, rules, x, 1, &err), -1);
    assert_string_equal(err.text, "r.lua: the file returns other rules than when it was loaded");
    rules_free(rules);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_votes),       cmocka_unit_test(test_wrong_votes),
        cmocka_unit_test(test_wrong_files), cmocka_unit_test(test_description),
        cmocka_unit_test(test_no_memory),   cmocka_unit_test(test_other_rules),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
