// rules.c -- see rules.h: loading a file of rules, and running it on rows.
#include "hook/rules.h"

#include "base/arena.h"
#include "base/mem.h"
#include "hook/env.h"
#include "hook/power.h"
#include "hook/returned.h"
#include "hook/rules_vote.h"
#include "hook/sandbox.h"

#include <ctype.h>
#include <string.h>

enum { MAX_CLASSES = 1000, MAX_ID = 64 };

struct rules {
    struct arena arena;
    struct sandbox *box;
    struct rules_description description;
    struct rules_data data;
    bool bound;
    struct vote_shape shape; // what the constructors of votes look at
    const float *row;        // that is voted on
};

// Their addresses are registry keys: of the compiled file, and of the object `row`.
static const char chunk_key, row_key;

static const char *const file_fields[] = {"title", "cite", "classes", "rules"};
static const char *const rule_fields[] = {"id", "text", "cite", "depends", "vote"};

// --- the table a file returns --------------------------------------------------------------------

struct reader {
    struct returned t;
    struct rules_description *d;
};

static bool is_id(const char *text)
{
    size_t n = strlen(text);
    for (size_t i = 0; i < n; i++)
        if (!isalnum((unsigned char)text[i]) && text[i] != '_' && text[i] != '-')
            return false;
    return n > 0 && n <= MAX_ID;
}

static const char *needed_text(const struct reader *r, const char *name, const char *hint)
{
    const char *text = returned_text(&r->t, name, RETURNED_LINE);
    if (text[0] == '\0')
        sandbox_fail(r->t.L, "%s%s: absent\n%s", r->t.of, name, hint);
    return text;
}

static void read_classes(struct reader *r)
{
    lua_State *L = r->t.L;
    if (!returned_push(&r->t, "classes", LUA_TTABLE, "a list of strings"))
        return;
    size_t n = returned_length(&r->t, "classes", MAX_CLASSES);
    if (n < 2)
        sandbox_fail(L, "classes: expected the names of two or more");
    const char **name = arena_array(r->t.arena, n, sizeof *name);
    for (size_t i = 0; i < n; i++) {
        returned_push_word(&r->t, "classes", i);
        name[i] = returned_copy(&r->t, "classes", -1, RETURNED_LINE);
        lua_pop(L, 1);
        for (size_t k = 0; k < i; k++)
            if (strcmp(name[k], name[i]) == 0)
                sandbox_fail(L, "classes: '%s' twice", name[i]);
    }
    lua_pop(L, 1);
    r->d->classes = name;
    r->d->n_classes = n;
}

// A rule but for what it depends on; its table is on the top of the stack.
static void read_rule(struct reader *r, struct rule *rule)
{
    lua_State *L = r->t.L;
    returned_check(&r->t, rule_fields, ARRAY_LEN(rule_fields));
    rule->id = needed_text(r, "id", "It is a short name, for tables and for 'depends'.");
    if (!is_id(rule->id))
        sandbox_fail(L, "%sid: '%s' is no name\nAn id has letters, digits, _ and -, at most %d.",
                     r->t.of, rule->id, MAX_ID);
    rule->text = needed_text(r, "text", "It says in words what the rule says in code.");
    rule->cite = returned_text(&r->t, "cite", RETURNED_LINE);
    if (!returned_push(&r->t, "vote", LUA_TFUNCTION, "a function"))
        sandbox_fail(L, "%svote: absent\nIt is a function of a row that gives a vote, or nothing.",
                     r->t.of);
    lua_pop(L, 1);
}

static uint32_t find_rule(const struct rule *rules, size_t n, const char *id)
{
    for (uint32_t i = 0; i < n; i++)
        if (strcmp(rules[i].id, id) == 0)
            return i;
    return UINT32_MAX;
}

static void read_depends(struct reader *r, struct rule *rules, size_t n, size_t at)
{
    lua_State *L = r->t.L;
    if (!returned_push(&r->t, "depends", LUA_TTABLE, "a list of ids"))
        return;
    size_t n_depends = returned_length(&r->t, "depends", RULES_MOST);
    uint32_t *depends = arena_array(r->t.arena, n_depends, sizeof *depends);
    for (size_t i = 0; i < n_depends; i++) {
        const char *id = returned_push_word(&r->t, "depends", i);
        depends[i] = find_rule(rules, n, id);
        if (depends[i] == UINT32_MAX)
            sandbox_fail(L, "%sdepends: there is no rule '%s'", r->t.of, id);
        if (depends[i] == at)
            sandbox_fail(L, "%sdepends: a rule does not depend on itself", r->t.of);
        for (size_t k = 0; k < i; k++)
            if (depends[k] == depends[i])
                sandbox_fail(L, "%sdepends: '%s' twice", r->t.of, id);
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
    rules[at].depends = depends;
    rules[at].n_depends = n_depends;
}

// Pushes the table of rule i of the list on the top of the stack, and says so in messages.
static void push_rule(struct reader *r, size_t i, const char *id)
{
    r->t.of = arena_format(r->t.arena, "rules[%zu].", i + 1);
    if (lua_rawgeti(r->t.L, -1, (lua_Integer)i + 1) != LUA_TTABLE)
        sandbox_fail(r->t.L, "rules[%zu]: expected a table, found %s", i + 1,
                     sandbox_describe(r->t.L, -1));
    if (id != NULL)
        r->t.of = arena_format(r->t.arena, "rule '%s': ", id);
}

static void read_rules(struct reader *r)
{
    lua_State *L = r->t.L;
    if (!returned_push(&r->t, "rules", LUA_TTABLE, "a list of tables"))
        sandbox_fail(L, "rules: absent\nIt lists them: { { id = ..., text = ..., vote = ... } }");
    size_t n = returned_length(&r->t, "rules", RULES_MOST);
    if (n == 0)
        sandbox_fail(L, "rules: there are none");
    struct rule *rules = arena_array(r->t.arena, n, sizeof *rules);
    for (size_t i = 0; i < n; i++) {
        push_rule(r, i, NULL);
        read_rule(r, &rules[i]);
        if (find_rule(rules, i, rules[i].id) != UINT32_MAX)
            sandbox_fail(L, "rules: the id '%s' twice", rules[i].id);
        lua_pop(L, 1);
    }
    for (size_t i = 0; i < n; i++) {
        push_rule(r, i, rules[i].id);
        read_depends(r, rules, n, i);
        lua_pop(L, 1);
    }
    r->t.of = "";
    lua_pop(L, 1);
    r->d->rule = rules;
    r->d->n = n;
}

// The table on the top of the stack; raises.
static void read_file(lua_State *L, struct rules *rules)
{
    struct reader r = {{L, &rules->arena, ""}, &rules->description};
    if (lua_type(L, -1) != LUA_TTABLE)
        sandbox_fail(L,
                     "expected the file to return a table, found %s\n"
                     "The last line is: return { title = ..., rules = { ... } }",
                     lua_type(L, -1) == LUA_TNIL ? "nothing" : sandbox_describe(L, -1));
    luaL_checkstack(L, 20, NULL);
    returned_check(&r.t, file_fields, ARRAY_LEN(file_fields));
    r.d->title = needed_text(&r, "title", "It says in one line what the rules are about.");
    r.d->cite = returned_cite(&r.t, &r.d->n_cite);
    read_classes(&r);
    read_rules(&r);
}

// --- the row -------------------------------------------------------------------------------------

static _Noreturn void fail_column(lua_State *L, const struct rules *rules)
{
    const char *name = env_text(L, 2);
    if (rules->data.columns == NULL)
        sandbox_fail(L,
                     "there is no column '%s': the columns have no names\n"
                     "row[1] to row[%d] take them by number.",
                     name, (int)rules->data.features);
    const char *near = env_nearest(L, lua_upvalueindex(2), name);
    if (near != NULL)
        sandbox_fail(L, "there is no column '%s'\nDid you mean '%s'?", name, near);
    sandbox_fail(L, "there is no column '%s'", name);
}

// Upvalues: the rules, and a table from names to numbers of columns.
static int row_index(lua_State *L)
{
    const struct rules *rules = lua_touserdata(L, lua_upvalueindex(1));
    double i;
    if (lua_type(L, 2) == LUA_TNUMBER) {
        i = lua_tonumber(L, 2);
        if (!(i >= 1 && i <= (double)rules->data.features && i == (double)(size_t)i))
            sandbox_fail(L, "there is no column %g, a row has %d", i, (int)rules->data.features);
    } else {
        lua_pushvalue(L, 2);
        if (lua_rawget(L, lua_upvalueindex(2)) != LUA_TNUMBER)
            fail_column(L, rules);
        i = lua_tonumber(L, -1);
    }
    lua_pushnumber(L, (double)rules->row[(size_t)i - 1]);
    return 1;
}

static int row_assigned(lua_State *L)
{
    sandbox_fail(L, "a row cannot be changed");
}

static int row_length(lua_State *L)
{
    const struct rules *rules = lua_touserdata(L, lua_upvalueindex(1));
    lua_pushinteger(L, (lua_Integer)rules->data.features);
    return 1;
}

static int row_text(lua_State *L)
{
    lua_pushliteral(L, "row");
    return 1;
}

// The object that every rule is given, in the registry.
static void make_row(lua_State *L, struct rules *rules)
{
    lua_newuserdatauv(L, 0, 0);
    lua_newtable(L);
    lua_pushlightuserdata(L, rules);
    lua_newtable(L);
    for (size_t i = 0; rules->data.columns != NULL && i < rules->data.features; i++) {
        lua_pushinteger(L, (lua_Integer)i + 1);
        lua_setfield(L, -2, rules->data.columns[i]);
    }
    lua_pushcclosure(L, row_index, 2);
    lua_setfield(L, -2, "__index");
    lua_pushlightuserdata(L, rules);
    lua_pushcclosure(L, row_length, 1);
    lua_setfield(L, -2, "__len");
    lua_pushcfunction(L, row_assigned);
    lua_setfield(L, -2, "__newindex");
    lua_pushcfunction(L, row_text);
    lua_setfield(L, -2, "__tostring");
    lua_setmetatable(L, -2);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &row_key);
}

// --- loading and binding -------------------------------------------------------------------------

struct loading {
    struct rules *rules;
    const char *text;
    size_t size;
};

static void add_ours(lua_State *L)
{
    power_register(L);
    vote_add(L);
}

static int load_in_lua(lua_State *L)
{
    const struct loading *in = lua_touserdata(L, 1);
    vote_register(L, &in->rules->shape);
    sandbox_compile(L, in->text, in->size);
    env_push(L, add_ours);
    env_apply(L);
    lua_pushvalue(L, -1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &chunk_key);
    lua_call(L, 0, 1);
    read_file(L, in->rules);
    return 0;
}

int rules_load(struct rules **out, const char *file, const char *text, size_t size, struct err *err)
{
    struct rules *rules = mem_new(sizeof *rules);
    rules->box = sandbox_new(file, "For every row the whole file runs: keep it short.");
    struct loading in = {rules, text, size};
    if (sandbox_run(rules->box, load_in_lua, &in, err) < 0) {
        rules_free(rules);
        return -1;
    }
    *out = rules;
    return 0;
}

void rules_free(struct rules *rules)
{
    if (rules == NULL)
        return;
    sandbox_free(rules->box);
    arena_release(&rules->arena);
    mem_free(rules);
}

const struct rules_description *rules_description(const struct rules *rules)
{
    return &rules->description;
}

static int bind_in_lua(lua_State *L)
{
    make_row(L, lua_touserdata(L, 1));
    return 0;
}

// The file may call classes by names of its own, but not one by the name of another.
static int check_names(const struct rules_description *d, const struct rules_data *data,
                       struct err *err)
{
    for (size_t i = 0; data->class_names != NULL && i < d->n_classes; i++)
        for (size_t k = 0; k < data->classes; k++)
            if (i != k && strcmp(d->classes[i], data->class_names[k]) == 0)
                return err_set(err, ERR_DATA,
                               "the rules call class %zu '%s', which is class %zu of the data", i,
                               d->classes[i], k);
    return 0;
}

int rules_bind(struct rules *rules, const struct rules_data *data, struct err *err)
{
    const struct rules_description *d = &rules->description;
    if (data->classes < 2)
        return err_set(err, ERR_DATA, "rules vote among two or more classes, found %zu",
                       data->classes);
    if (d->n_classes != 0 && d->n_classes != data->classes)
        return err_set(err, ERR_DATA, "the rules name %zu classes, and the rows have %zu",
                       d->n_classes, data->classes);
    if (check_names(d, data, err) < 0)
        return -1;
    rules->data = *data;
    rules->shape.classes = data->classes;
    rules->shape.name = d->n_classes != 0 ? d->classes : data->class_names;
    if (sandbox_run(rules->box, bind_in_lua, rules, err) < 0)
        return -1;
    rules->bound = true;
    return 0;
}

// --- voting --------------------------------------------------------------------------------------

struct voting {
    struct rules *rules;
    float *votes;
    const float *x;
    size_t n;
};

// Pushes the function of rule i of the list at `list`. What a file returns does not change, unless
// it wants to.
static void push_function(lua_State *L, int list, size_t i)
{
    if (lua_type(L, list) == LUA_TTABLE && lua_rawgeti(L, list, (lua_Integer)i + 1) == LUA_TTABLE &&
        lua_getfield(L, -1, "vote") == LUA_TFUNCTION)
        return;
    sandbox_fail(L, "the file returns other rules than when it was loaded");
}

static void vote_on_row(lua_State *L, float *votes, const struct rules *rules)
{
    lua_settop(L, 1);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &row_key);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &chunk_key);
    lua_call(L, 0, 1);
    if (lua_type(L, 3) != LUA_TTABLE)
        sandbox_fail(L, "the file returns other rules than when it was loaded");
    lua_getfield(L, 3, "rules"); // 4
    for (size_t i = 0; i < rules->description.n; i++) {
        push_function(L, 4, i);
        lua_Debug ar;
        lua_pushvalue(L, -1);
        lua_getinfo(L, ">S", &ar);
        lua_pushvalue(L, 2);
        lua_call(L, 1, 1);
        vote_take(L, votes + i * rules->shape.classes, rules->description.rule[i].id,
                  ar.linedefined);
        lua_settop(L, 4);
    }
}

static int vote_in_lua(lua_State *L)
{
    const struct voting *in = lua_touserdata(L, 1);
    struct rules *rules = in->rules;
    size_t width = rules->description.n * rules->shape.classes;
    for (size_t i = 0; i < in->n; i++) {
        rules->row = in->x + i * rules->data.features;
        vote_on_row(L, in->votes + i * width, rules);
    }
    return 0;
}

int rules_vote(float *votes, struct rules *rules, const float *x, size_t n, struct err *err)
{
    if (!rules->bound || n > RULES_BLOCK)
        BUG("rules that are not bound, or %zu rows at once", n);
    struct voting in = {rules, votes, x, n};
    rules->shape.voting = true;
    int status = sandbox_run(rules->box, vote_in_lua, &in, err);
    rules->shape.voting = false;
    rules->row = NULL;
    return status;
}
