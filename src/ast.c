// ast.c -- the tables of ast.def as functions; see ast.h.
#include "ast.h"

#include <string.h>

const char *decl_keyword(enum decl_kind kind)
{
    static const char *const keyword[] = {
#define DECL(id, text, noun) [DECL_##id] = text,
#include "ast.def"
#undef DECL
    };
    return keyword[kind];
}

const char *decl_noun(enum decl_kind kind)
{
    static const char *const noun[] = {
#define DECL(id, text, noun) [DECL_##id] = noun,
#include "ast.def"
#undef DECL
    };
    return noun[kind];
}

bool decl_is_keyword(const char *word)
{
#define DECL(id, text, noun) || strcmp(word, text) == 0
    return false
#include "ast.def"
        ;
#undef DECL
}

const char *op_text(enum op op)
{
    static const char *const text[] = {
#define OP(id, spelling, callee, precedence) [OP_##id] = spelling,
#include "ast.def"
#undef OP
    };
    return text[op];
}

const char *op_callee(enum op op)
{
    static const char *const name[] = {
#define OP(id, spelling, callee, precedence) [OP_##id] = callee,
#include "ast.def"
#undef OP
    };
    return name[op];
}

int op_precedence(enum op op)
{
    static const int level[] = {
#define OP(id, spelling, callee, precedence) [OP_##id] = precedence,
#include "ast.def"
#undef OP
    };
    return level[op];
}
