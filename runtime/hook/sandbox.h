// sandbox.h -- a Lua state that a stranger's script may run in: no files, no modules, no clock, no
// randomness, bounded memory and bounded time. docs/security.md says what it defends against.
//
// Life cycle: sandbox_new; sandbox_run, any number of times; sandbox_free. Every entry into Lua is
// a sandbox_run, which starts the budgets afresh and turns whatever is thrown into one line
// "FILE:LINE: what went wrong", with a hint where there is one. Inside, a C function raises with
// sandbox_fail. What is thrown once a limit was reached, or by sandbox_fail_for_good, the script's
// pcall cannot stop.
#ifndef W2S_SANDBOX_H
#define W2S_SANDBOX_H

#include "base/err.h"

#include <lua5.4/lua.h>

enum {
    SANDBOX_MAX_TEXT = 128 << 10,   // bytes of a script: the parser is quadratic in labels
    SANDBOX_MAX_STRING = 1 << 20,   // bytes of one string at run time
    SANDBOX_MAX_MEMORY = 64 << 20,  // bytes of a state
    SANDBOX_MAX_STEPS = 20 << 20,   // VM instructions of one entry; about 0.1 s
    SANDBOX_MAX_MS = 500,           // processor time of one entry, for instructions that are slow
};

// The name scripts are compiled under: Lua's messages begin with it; it becomes the file's name.
#define SANDBOX_CHUNK "(loss)"

struct sandbox;
struct trace; // what tensors belong to while a loss runs: tensor.h

// `file` is the name used in messages; `advice`, a sentence that outlives the state, is for scripts
// that run for too long. The state holds nothing of Lua's libraries: see env.h.
struct sandbox *sandbox_new(const char *file, const char *advice);
void sandbox_free(struct sandbox *box);
struct sandbox *sandbox_of(lua_State *L);

// Runs `f` in Lua with `arg` as its only argument, a light userdata; results are dropped.
W2S_MUST_CHECK int sandbox_run(struct sandbox *box, lua_CFunction f, void *arg, struct err *err);

// Compiles `text`, rewritten by lua_text.h, and leaves its function on the stack; raises.
void sandbox_compile(lua_State *L, const char *text, size_t size);

// The one trace that is going on, or NULL. Its number tells the values of one call from those of
// another: a value of an earlier call is dead.
void sandbox_set_trace(struct sandbox *box, struct trace *trace);
struct trace *sandbox_trace(lua_State *L);
unsigned sandbox_call(lua_State *L); // the number of this entry

// Raises "FILE:LINE: message"; what follows a newline is the hint. LINE is where the running Lua
// function stands.
_Noreturn void sandbox_fail(lua_State *L, const char *format, ...) W2S_PRINTF(2, 3);
// The same, and no pcall of the script's stops it: the graph cannot go on after a shape that does
// not fit.
_Noreturn void sandbox_fail_for_good(lua_State *L, const char *format, ...) W2S_PRINTF(2, 3);

// Charges work done within one C call, in VM instructions; raises when there is none left.
void sandbox_spend(lua_State *L, uint64_t steps);

// The script's pcall.
int sandbox_pcall(lua_State *L);

// "nil", "a table", "a tensor": the value at `at`, for messages.
const char *sandbox_describe(lua_State *L, int at);

// Entries into Lua of this process.
unsigned long sandbox_entries(void);

#endif
