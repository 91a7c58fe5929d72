// rules_vote.h -- what a rule returns: the votes as Lua values, and the functions that make them.
//
//   class(c)        for a class, by name or by number from 0
//   not_class(c)    against it
//   probs{...}      probabilities: by position, or by name; at least 0, together 1
//   abstain         nothing; so does a rule that returns nothing
#ifndef W2S_RULES_VOTE_H
#define W2S_RULES_VOTE_H

#include <lua5.4/lauxlib.h>
#include <stdbool.h>

// What votes are about. While a file is loaded nobody knows the classes: votes made then are made
// again when rows are voted on, and only their form is checked.
struct vote_shape {
    size_t classes;
    const char *const *name; // of the classes, or NULL
    bool voting;
};

void vote_register(lua_State *L, const struct vote_shape *shape); // once a state; `shape` is kept
void vote_add(lua_State *L); // the functions, to the table on the top of the stack

// The C numbers (rules.h) of the value on the top of the stack, which the rule `id`, whose function
// begins at `line`, returned: a vote or nil. Raises for others.
void vote_take(lua_State *L, float *out, const char *id, int line);

#endif
