// resolve.h -- names: which declaration a word means, and what a derived declaration inherits.
//
// A program is the tree plus a symbol for every declaration, its settings merged with those it
// derives from, nearest first. Nothing is evaluated here. All declared names share one space; the names
// of calls (mlp, rotate) are the schema's and live in another.
#ifndef W2S_RESOLVE_H
#define W2S_RESOLVE_H

#include "ast.h"

struct setting {
    const char *name;
    struct span name_span;
    const struct expr *value;
    const struct block *block; // where it was written: its `let` names are in scope for `value`
};

struct symbol {
    const char *name;           // of a declaration without a name, its keyword
    struct span span;           // of the name, or of the keyword
    const struct decl *decl;
    const struct symbol *base;  // `student b = a { … }`: a; otherwise NULL
    bool broken;                // its derivation was reported as wrong: nothing more is said of it
    bool fixed;                 // a param whose value comes from the command line (lower.c)
    const struct expr *value;   // own or inherited value that is not a derivation; or NULL
    struct setting *settings;   // own and inherited, each name once
    size_t n_settings;
    unsigned number;            // index in program.symbols
    enum { SYMBOL_NEW, SYMBOL_OPEN, SYMBOL_DONE } state; // of the merge, to find cycles
};

struct program {
    const struct ast *ast;
    struct symbol *symbols; // in order of declaration
    size_t n_symbols;
    const struct symbol **slot; // by name
    size_t n_slots;
    bool too_large; // over a limit, which was reported: not to be lowered
};

// Fills `program` (memory in `arena`); adds diagnostics for names declared twice, unknown or wrong bases,
// settings and `let` names given twice, and cycles. What is wrong is left out, the rest can be used.
void resolve(struct program *program, const struct ast *ast, struct arena *arena, struct diags *diags);

const struct symbol *program_find(const struct program *program, const char *name);
const struct setting *symbol_setting(const struct symbol *symbol, const char *name);

// "unknown name 'x'", with the nearest declared name of the kinds wanted (bit 1 << DECL_…; ~0u for any).
void report_unknown_name(const struct program *program, struct diags *diags, struct span span,
                         const char *name, unsigned kinds);

// The word for people: "student", "data".
#define KIND_BIT(kind) (1u << (kind))

#endif
