// rules.h -- rules written in Lua: functions of one row that vote for a class, against one, or not
// at all. docs/lua.md is the reference for those who write them.
//
// Life cycle: rules_load runs the file once in a sandbox and reads the table it returns;
// rules_description is what the compiler, the audit and the label model know of it; rules_bind says
// what the rows are; rules_vote, for one block of rows after the other; rules_free. Rules belong to
// one thread at a time.
//
//   return {
//     title   = "one line",
//     cite    = { "Hopkins et al. 1999, Spambase" },   -- optional
//     classes = { "nonspam", "spam" },                 -- optional: names of the classes 0, 1, ...
//     rules   = {
//       { id = "money", text = "in words", cite = "what it encodes", depends = { "other id" },
//         vote = function(row) if row.money > 0.5 then return class("spam") end end },
//     },
//   }
//
// A vote depends on its row and on nothing else: for every row the whole file runs anew, so that no
// variable of it remembers a row, and globals and libraries cannot be written to. The order of
// rows, and how they are cut into blocks, therefore cannot matter.
#ifndef W2S_RULES_H
#define W2S_RULES_H

#include "base/err.h"

enum {
    RULES_MOST = 256, // rules of a file
    RULES_BLOCK = 64, // rows that share the steps and the time of one entry (sandbox.h)
};

struct rule {
    const char *id, *text;
    const char *cite;        // "" when absent
    const uint32_t *depends; // numbers of rules it is not independent of
    size_t n_depends;
};

struct rules_description {
    const char *title;
    const char *const *cite;
    size_t n_cite;
    const char *const *classes; // names of the classes
    size_t n_classes;           // 0: they have numbers only
    const struct rule *rule;
    size_t n;
};

struct rules;

// `file` is the name used in messages. Fails with ERR_DATA and "FILE:LINE: ..." where Lua knows it.
W2S_MUST_CHECK int rules_load(struct rules **out, const char *file, const char *text, size_t size,
                              struct err *err);
void rules_free(struct rules *rules);
const struct rules_description *rules_description(const struct rules *rules);

// What the rows are: D features, C classes, the names of both or NULL. The names are borrowed while
// rules are bound. Names of classes that the file gives come before those of the data, and must not
// contradict them.
struct rules_data {
    size_t features, classes;
    const char *const *columns, *const *class_names;
};
W2S_MUST_CHECK int rules_bind(struct rules *rules, const struct rules_data *data, struct err *err);

// The votes of the R rules on at most RULES_BLOCK rows: x is n x D, votes n x (R C). The C numbers
// of a rule: all 0, it abstains; one 1, it votes for a class; probabilities, a soft vote; one -1,
// "not this class". Fails with ERR_DATA: a Lua error, a column that is not there, what is no vote.
W2S_MUST_CHECK int rules_vote(float *votes, struct rules *rules, const float *x, size_t n,
                              struct err *err);

#endif
