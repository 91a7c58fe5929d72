// ast_same.h -- are two trees the same, but for spans and line breaks? For the tests of parse and
// format.
#ifndef W2S_TESTS_AST_SAME_H
#define W2S_TESTS_AST_SAME_H

#include "ast.h"

#include <string.h>

static bool same_text(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static bool same_expr(const struct expr *a, const struct expr *b)
{
    if (a == NULL || b == NULL)
        return a == b;
    bool same = a->kind == b->kind && a->op == b->op && a->number == b->number &&
                same_text(a->text, b->text) && a->n_args == b->n_args && a->depth == b->depth;
    if (!same || !same_expr(a->left, b->left) || !same_expr(a->right, b->right))
        return false;
    const struct arg *x = a->args, *y = b->args;
    for (; x != NULL && y != NULL; x = x->next, y = y->next)
        if (!same_text(x->name, y->name) || !same_expr(x->value, y->value))
            return false;
    return x == NULL && y == NULL;
}

static bool same_stmt(const struct stmt *a, const struct stmt *b)
{
    return a->kind == b->kind && same_text(a->name, b->name) && same_expr(a->value, b->value) &&
           same_expr(a->at, b->at) && same_expr(a->when, b->when) && same_expr(a->over, b->over) &&
           same_expr(a->by, b->by) && same_expr(a->on, b->on);
}

static bool same_block(const struct block *a, const struct block *b)
{
    if (a == NULL || b == NULL)
        return a == b;
    const struct stmt *x = a->first, *y = b->first;
    for (; x != NULL && y != NULL; x = x->next, y = y->next)
        if (!same_stmt(x, y))
            return false;
    return x == NULL && y == NULL;
}

static bool same_decl(const struct decl *a, const struct decl *b)
{
    return a->kind == b->kind && same_text(a->name, b->name) && same_text(a->title, b->title) &&
           same_expr(a->value, b->value) && same_block(a->block, b->block);
}

static bool same_ast(const struct ast *a, const struct ast *b)
{
    const struct decl *x = a->first, *y = b->first;
    for (; x != NULL && y != NULL; x = x->next, y = y->next)
        if (!same_decl(x, y))
            return false;
    return x == NULL && y == NULL;
}

#endif
