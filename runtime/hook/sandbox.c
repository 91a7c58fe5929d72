// sandbox.c -- see sandbox.h: the state, its allocator, its hook, and how errors become text.
#include "hook/sandbox.h"

#include "base/mem.h"
#include "base/str.h"
#include "hook/lua_text.h"

#include <lua5.4/lauxlib.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

// Between two looks at the budgets; a single instruction takes at most about 0.1 ms.
enum { HOOK_EVERY = 250 };

// A refused allocation makes Lua collect all garbage and ask again. A script that lives at the edge
// of its memory would do little else, so there is an end to that.
enum { MAX_REFUSALS = 8 };

enum { STATE_FINE, STATE_STOPPED }; // STOPPED: what is thrown passes through pcall

struct sandbox {
    lua_State *L;
    char *file;
    const char *advice;
    size_t memory;
    unsigned refusals;
    bool long_string; // the last refusal was for a single string
    int state;
    uint64_t steps;      // left
    struct timespec end; // of processor time of this thread
    unsigned call;
    struct trace *trace;
};

static atomic_ulong entries;

unsigned long sandbox_entries(void)
{
    return atomic_load(&entries);
}

// --- memory --------------------------------------------------------------------------------------

static void *refuse(struct sandbox *box, bool long_string)
{
    box->refusals++;
    box->long_string = long_string;
    return NULL;
}

static void *allocate(void *data, void *p, size_t old_size, size_t size)
{
    struct sandbox *box = data;
    size_t old = p != NULL ? old_size : 0; // of a new block, old_size is the type of object
    if (size == 0) {
        mem_free(p);
        box->memory -= old;
        return NULL;
    }
    if (size > old) {
        if (p == NULL && old_size == LUA_TSTRING && size > SANDBOX_MAX_STRING)
            return refuse(box, true);
        if (size - old > SANDBOX_MAX_MEMORY - box->memory || box->refusals > MAX_REFUSALS)
            return refuse(box, false);
    }
    box->memory = box->memory - old + size;
    return mem_resize(p, size);
}

// --- limits --------------------------------------------------------------------------------------

static bool time_is_up(const struct sandbox *box)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return now.tv_sec > box->end.tv_sec ||
           (now.tv_sec == box->end.tv_sec && now.tv_nsec > box->end.tv_nsec);
}

static void start_budgets(struct sandbox *box)
{
    box->steps = SANDBOX_MAX_STEPS;
    box->state = STATE_FINE;
    box->refusals = 0;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &box->end);
    box->end.tv_nsec += SANDBOX_MAX_MS * 1000000L;
    if (box->end.tv_nsec >= 1000000000L) {
        box->end.tv_nsec -= 1000000000L;
        box->end.tv_sec++;
    }
}

static _Noreturn void stop(lua_State *L)
{
    sandbox_fail_for_good(L, "stopped: the script ran for too long\n%s", sandbox_of(L)->advice);
}

void sandbox_spend(lua_State *L, uint64_t steps)
{
    struct sandbox *box = sandbox_of(L);
    bool looks = steps >= HOOK_EVERY; // asking for the time costs as much as 100 instructions
    if (box->state == STATE_STOPPED || steps > box->steps || (looks && time_is_up(box))) {
        box->steps = 0;
        stop(L);
    }
    box->steps -= steps;
}

static void on_count(lua_State *L, lua_Debug *ar)
{
    (void)ar;
    sandbox_spend(L, HOOK_EVERY);
}

// --- life ----------------------------------------------------------------------------------------

struct sandbox *sandbox_of(lua_State *L)
{
    struct sandbox *box;
    memcpy(&box, lua_getextraspace(L), sizeof(box));
    return box;
}

struct sandbox *sandbox_new(const char *file, const char *advice)
{
    struct sandbox *box = mem_new(sizeof(*box));
    box->file = mem_new(strlen(file) + 1);
    strcpy(box->file, file);
    box->advice = advice;
    box->L = lua_newstate(allocate, box);
    if (box->L == NULL)
        BUG("no room for an empty Lua state");
    memcpy(lua_getextraspace(box->L), &box, sizeof(box));
    lua_sethook(box->L, on_count, LUA_MASKCOUNT, HOOK_EVERY);
    return box;
}

void sandbox_free(struct sandbox *box)
{
    if (box == NULL)
        return;
    lua_close(box->L);
    mem_free(box->file);
    mem_free(box);
}

void sandbox_set_trace(struct sandbox *box, struct trace *trace)
{
    box->trace = trace;
}

struct trace *sandbox_trace(lua_State *L)
{
    return sandbox_of(L)->trace;
}

unsigned sandbox_call(lua_State *L)
{
    return sandbox_of(L)->call;
}

void sandbox_compile(lua_State *L, const char *text, size_t size)
{
    size_t n;
    const char *rewritten = lua_text_rewrite(L, text, size, &n);
    if (luaL_loadbufferx(L, rewritten, n, "=" SANDBOX_CHUNK, "t") != LUA_OK)
        lua_error(L);
    lua_remove(L, -2); // the rewritten text
}

// --- errors --------------------------------------------------------------------------------------

// "(loss):LINE: " of the innermost Lua function, or "" when there is none.
static void push_where(lua_State *L)
{
    lua_Debug ar;
    for (int level = 0; lua_getstack(L, level, &ar); level++) {
        lua_getinfo(L, "Sl", &ar);
        if (ar.currentline > 0) {
            lua_pushfstring(L, "%s:%d: ", ar.short_src, ar.currentline);
            return;
        }
    }
    lua_pushliteral(L, "");
}

static _Noreturn void throw(lua_State *L, const char *format, va_list args)
{
    char text[1000]; // err.h keeps about as much
    vsnprintf(text, sizeof(text), format, args);
    luaL_checkstack(L, 3, NULL);
    push_where(L);
    lua_pushstring(L, text);
    lua_concat(L, 2);
    lua_error(L);
    BUG("lua_error returned");
}

_Noreturn void sandbox_fail(lua_State *L, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    throw(L, format, args);
}

_Noreturn void sandbox_fail_for_good(lua_State *L, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    sandbox_of(L)->state = STATE_STOPPED;
    throw(L, format, args);
}

int sandbox_pcall(lua_State *L)
{
    luaL_checkany(L, 1);
    lua_pushboolean(L, true); // first result when all goes well
    lua_insert(L, 1);
    int status = lua_pcall(L, lua_gettop(L) - 2, LUA_MULTRET, 0);
    if (status == LUA_OK)
        return lua_gettop(L);
    if (status != LUA_ERRRUN || sandbox_of(L)->state == STATE_STOPPED)
        lua_error(L);
    lua_pushboolean(L, false);
    lua_insert(L, -2);
    return 2;
}

const char *sandbox_describe(lua_State *L, int at)
{
    static const char *const plain[LUA_NUMTYPES] = {
        [LUA_TNIL] = "nil",           [LUA_TBOOLEAN] = "a boolean",
        [LUA_TNUMBER] = "a number",   [LUA_TSTRING] = "a string",
        [LUA_TTABLE] = "a table",     [LUA_TFUNCTION] = "a function",
        [LUA_TUSERDATA] = "an object", [LUA_TTHREAD] = "a thread",
    };
    if (lua_isnone(L, at))
        return "nothing";
    return luaL_testudata(L, at, "tensor") != NULL ? "a tensor" : plain[lua_type(L, at)];
}

// The message handler: what Lua's own functions throw does not always say where.
static int add_where(lua_State *L)
{
    size_t n;
    if (lua_type(L, 1) != LUA_TSTRING)
        return 1;
    const char *message = lua_tolstring(L, 1, &n);
    if (n >= strlen(SANDBOX_CHUNK ":") &&
        memcmp(message, SANDBOX_CHUNK ":", strlen(SANDBOX_CHUNK ":")) == 0)
        return 1;
    push_where(L);
    lua_insert(L, 1);
    lua_concat(L, 2);
    return 1;
}

// Text that fits a terminal's line: control characters become blanks.
static void add_clean(struct str *out, const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)text[i];
        str_add_char(out, c < ' ' || c == 0x7f ? ' ' : (char)c);
    }
}

static void describe(struct sandbox *box, int status, struct str *text, struct str *hint)
{
    lua_State *L = box->L;
    size_t n;
    str_format(text, "%s:", box->file);
    if (status == LUA_ERRMEM) {
        if (box->long_string)
            str_format(text, " a string of more than %d bytes", SANDBOX_MAX_STRING);
        else
            str_format(text, " the script needs more than %d MiB", SANDBOX_MAX_MEMORY >> 20);
        return;
    }
    if (lua_type(L, -1) != LUA_TSTRING) {
        str_format(text, " error raised with %s for a message", sandbox_describe(L, -1));
        return;
    }
    const char *message = lua_tolstring(L, -1, &n);
    size_t skip = strlen(SANDBOX_CHUNK ":");
    if (n >= skip && memcmp(message, SANDBOX_CHUNK ":", skip) == 0) {
        message += skip;
        n -= skip;
    } else {
        str_add_char(text, ' ');
    }
    const char *newline = memchr(message, '\n', n);
    size_t first = newline != NULL ? (size_t)(newline - message) : n;
    add_clean(text, message, first);
    if (newline != NULL)
        add_clean(hint, newline + 1, n - first - 1);
}

int sandbox_run(struct sandbox *box, lua_CFunction f, void *arg, struct err *err)
{
    lua_State *L = box->L;
    atomic_fetch_add(&entries, 1);
    box->call++;
    start_budgets(box);
    lua_pushcfunction(L, add_where); // none of these allocates
    lua_pushcfunction(L, f);
    lua_pushlightuserdata(L, arg);
    int status = lua_pcall(L, 1, 0, 1);
    if (status == LUA_OK) {
        lua_settop(L, 0);
        return 0;
    }
    struct str text = {0}, hint = {0};
    describe(box, status, &text, &hint);
    lua_settop(L, 0);
    err_set(err, ERR_DATA, "%s", str_text(&text));
    if (hint.len > 0)
        err_hint(err, "%s", str_text(&hint));
    str_release(&text);
    str_release(&hint);
    return -1;
}
