/* w2s.y -- tokens to the syntax tree (src/ast.h): shape only, no names, no types, no arithmetic.
 *
 * Every statement and every declaration ends with a SEP, which src/token.c makes out of line ends,
 * ';', a closing '}' and the end of the file. So `error SEP` is the place to resume, and one
 * mistake costs one line. Values need no %destructor: every node lives in the arena of the tree. */

%require "3.8"
%define api.pure full
%define api.prefix {w2s_}
%define api.token.prefix {TOK_}
%define api.location.type {struct span}
%define parse.error custom
%define parse.lac full
/* An error is noticed before anything is reduced over it, so that the nearest production with
 * `error` catches it. */
%define lr.default-reduction accepting
%locations
%expect 0
%param {struct parser *p}

%code requires {
#include "parse.h"
}

%code provides {
int w2s_lex(W2S_STYPE *value, struct span *span, struct parser *p);
}

%code {
#include "base/mem.h"

/* The stack is a fixed array, never the heap: what does not fit is nested too deeply. */
#define YYINITDEPTH PARSE_STACK_MAX
#define YYMAXDEPTH PARSE_STACK_MAX
#define YYMALLOC mem_new
#define YYFREE mem_free

#define YYLLOC_DEFAULT(place, rhs, n)                                                              \
    (place) = (n) > 0 ? (struct span){YYRHSLOC(rhs, 1).begin, YYRHSLOC(rhs, n).end}                \
                      : (struct span){YYRHSLOC(rhs, 0).end, YYRHSLOC(rhs, 0).end}

static void w2s_error(const struct span *span, struct parser *p, const char *message)
{
    (void)message; /* bison has one left: its stack is exhausted */
    parse_too_deep(p, *span);
}
}

%union {
    struct lexeme lexeme;
    struct expr *expr;
    struct arg *arg;
    struct args args;
    struct clauses clauses;
    struct stmt *stmt;
    struct stmts stmts;
    struct block *block;
    struct decl *decl;
}

%token <lexeme> NAMED TITLED PLAIN CONTROL
%token <lexeme> NAME STRING NUMBER BAD
%token LET PLOT TRUE FALSE SEP LBLOCK
%token ASSIGN COMMA COLON LPAREN RPAREN LBRACKET RBRACKET LMAP RBRACE
%token AT WHEN OVER BY ON

%left PIPE TAKE WHERE
%left OR
%left AND
%precedence NOT
%nonassoc EQ NE LT LE GT GE
%nonassoc ARROW
%nonassoc RANGE
%left PLUS MINUS
%left STAR SLASH
%precedence NEGATIVE
%right CARET
%token DOT

%type <expr> expr operand value
%type <arg> arg entry
%type <args> args arg_list items item_list entries entry_list
%type <clauses> conditions axes
%type <stmt> stmt
%type <stmts> stmts
%type <block> block body
%type <decl> decl

%%

file:
    %empty
|   file decl SEP               { parse_decl(p, $decl); }
|   file error SEP              { yyerrok; }
|   file error block SEP        { yyerrok; }
;

decl:
    NAMED NAME value body
        { $$ = make_decl(p, @$, $NAMED, @NAMED, $NAME.text, @NAME, $value, $body); }
|   TITLED STRING value body
        { $$ = make_titled(p, @$, $TITLED, @TITLED, $STRING.text, @STRING, $value, $body); }
|   PLAIN value body
        { $$ = make_decl(p, @$, $PLAIN, @PLAIN, NULL, @PLAIN, $value, $body); }
|   PLAIN NAME value body
        { $$ = make_decl(p, @$, $PLAIN, @PLAIN, $NAME.text, @NAME, $value, $body); }
|   PLAIN STRING value body
        { $$ = make_titled(p, @$, $PLAIN, @PLAIN, $STRING.text, @STRING, $value, $body); }
|   CONTROL expr body
        { $$ = make_decl(p, @$, $CONTROL, @CONTROL, NULL, @CONTROL, $expr, $body); }
|   CONTROL error body          { $$ = NULL; yyerrok; }
|   NAMED error body            { $$ = NULL; yyerrok; }
|   TITLED error body           { $$ = NULL; yyerrok; }
;

value:
    %empty                      { $$ = NULL; }
|   ASSIGN expr                 { $$ = $expr; }
|   ASSIGN error                { $$ = make_error(p, @error); yyerrok; }
;

body:
    %empty                      { $$ = NULL; }
|   block
;

block:
    LBLOCK stmts RBRACE         { $$ = make_block(p, @$, $stmts); }
;

stmts:
    %empty                      { $$ = (struct stmts){0}; }
|   stmts[before] stmt SEP      { $$ = stmts_add($before, $stmt); }
|   stmts[before] error SEP     { $$ = $before; yyerrok; }
;

stmt:
    NAME ASSIGN expr            { $$ = make_setting(p, @$, STMT_SET, $NAME.text, @NAME, $expr); }
|   NAME ASSIGN error
        { $$ = make_setting(p, @$, STMT_SET, $NAME.text, @NAME, make_error(p, @error)); yyerrok; }
|   LET NAME ASSIGN expr        { $$ = make_setting(p, @$, STMT_LET, $NAME.text, @NAME, $expr); }
|   LET NAME ASSIGN error
        { $$ = make_setting(p, @$, STMT_LET, $NAME.text, @NAME, make_error(p, @error)); yyerrok; }
|   expr conditions             { $$ = make_stmt(p, @$, STMT_EXPR, $expr, $conditions); }
|   PLOT expr axes              { $$ = make_stmt(p, @$, STMT_PLOT, $expr, $axes); }
|   WHERE expr                  { $$ = make_stmt(p, @$, STMT_WHERE, $expr, (struct clauses){0}); }
;

conditions:
    %empty                      { $$ = (struct clauses){0}; }
|   conditions[c] AT expr       { $$ = $c; clause_add(p, &$$.at, @AT, $expr); }
|   conditions[c] WHEN expr     { $$ = $c; clause_add(p, &$$.when, @WHEN, $expr); }
;

axes:
    %empty                      { $$ = (struct clauses){0}; }
|   axes[a] OVER expr           { $$ = $a; clause_add(p, &$$.over, @OVER, $expr); }
|   axes[a] BY expr             { $$ = $a; clause_add(p, &$$.by, @BY, $expr); }
|   axes[a] ON expr             { $$ = $a; clause_add(p, &$$.on, @ON, $expr); }
;

expr:
    operand
|   expr PIPE expr              { $$ = make_binary(p, @$, OP_PIPE, $1, $3); }
|   expr TAKE expr              { $$ = make_binary(p, @$, OP_TAKE, $1, $3); }
|   expr WHERE expr             { $$ = make_binary(p, @$, OP_WHERE, $1, $3); }
|   expr OR expr                { $$ = make_binary(p, @$, OP_OR, $1, $3); }
|   expr AND expr               { $$ = make_binary(p, @$, OP_AND, $1, $3); }
|   expr EQ expr                { $$ = make_binary(p, @$, OP_EQ, $1, $3); }
|   expr NE expr                { $$ = make_binary(p, @$, OP_NE, $1, $3); }
|   expr LT expr                { $$ = make_binary(p, @$, OP_LT, $1, $3); }
|   expr LE expr                { $$ = make_binary(p, @$, OP_LE, $1, $3); }
|   expr GT expr                { $$ = make_binary(p, @$, OP_GT, $1, $3); }
|   expr GE expr                { $$ = make_binary(p, @$, OP_GE, $1, $3); }
|   expr ARROW expr             { $$ = make_binary(p, @$, OP_ARROW, $1, $3); }
|   expr RANGE expr             { $$ = make_binary(p, @$, OP_RANGE, $1, $3); }
|   expr PLUS expr              { $$ = make_binary(p, @$, OP_ADD, $1, $3); }
|   expr MINUS expr             { $$ = make_binary(p, @$, OP_SUB, $1, $3); }
|   expr STAR expr              { $$ = make_binary(p, @$, OP_MUL, $1, $3); }
|   expr SLASH expr             { $$ = make_binary(p, @$, OP_DIV, $1, $3); }
|   expr CARET expr             { $$ = make_binary(p, @$, OP_POW, $1, $3); }
|   NOT expr                    { $$ = make_unary(p, @$, OP_NOT, $2); }
|   MINUS expr %prec NEGATIVE   { $$ = make_unary(p, @$, OP_NEG, $2); }
;

operand:
    NUMBER                      { $$ = make_number(p, @$, $NUMBER); }
|   STRING                      { $$ = make_text(p, @$, EXPR_STRING, $STRING.text); }
|   NAME                        { $$ = make_text(p, @$, EXPR_NAME, $NAME.text); }
|   TRUE                        { $$ = make_bool(p, @$, true); }
|   FALSE                       { $$ = make_bool(p, @$, false); }
|   BAD                         { $$ = make_error(p, @$); }
|   operand[of] DOT NAME        { $$ = make_member(p, @$, $of, $NAME.text, @NAME); }
|   operand[of] LBRACKET expr[at] RBRACKET { $$ = make_index(p, @$, $of, $at); }
|   operand[of] LPAREN args RPAREN { $$ = make_items(p, @$, EXPR_CALL, $of, @LPAREN, $args); }
|   LBRACKET items RBRACKET     { $$ = make_items(p, @$, EXPR_LIST, NULL, @LBRACKET, $items); }
|   LMAP entries RBRACE         { $$ = make_items(p, @$, EXPR_MAP, NULL, @LMAP, $entries); }
|   LPAREN expr[inner] RPAREN   { $$ = $inner; $$->span = @$; }
;

args:
    %empty                      { $$ = (struct args){0}; }
|   arg_list
|   arg_list COMMA              { $$ = $arg_list; }
;
arg_list:
    arg                         { $$ = args_add((struct args){0}, $arg); }
|   arg_list[before] COMMA arg  { $$ = args_add($before, $arg); }
;
arg:
    expr                        { $$ = make_arg(p, NULL, @$, $expr); }
|   entry
;

items:
    %empty                      { $$ = (struct args){0}; }
|   item_list
|   item_list COMMA             { $$ = $item_list; }
;
item_list:
    expr                        { $$ = args_add((struct args){0}, make_arg(p, NULL, @$, $expr)); }
|   item_list[before] COMMA expr { $$ = args_add($before, make_arg(p, NULL, @expr, $expr)); }
;

entries:
    %empty                      { $$ = (struct args){0}; }
|   entry_list
|   entry_list COMMA            { $$ = $entry_list; }
;
entry_list:
    entry                       { $$ = args_add((struct args){0}, $entry); }
|   entry_list[before] COMMA entry { $$ = args_add($before, $entry); }
;
entry:
    NAME COLON expr             { $$ = make_arg(p, $NAME.text, @NAME, $expr); }
;

%%

/* What a symbol stands for in a message: most are part of something larger (src/syntax_error.c). */
static enum expect expect_of(yysymbol_kind_t symbol)
{
    switch (symbol) {
    case YYSYMBOL_NAMED: case YYSYMBOL_TITLED: case YYSYMBOL_PLAIN: case YYSYMBOL_CONTROL:
        return EXPECT_DECL;
    case YYSYMBOL_LET: case YYSYMBOL_PLOT:
        return EXPECT_SETTING;
    case YYSYMBOL_NUMBER:
        return EXPECT_EXPR;
    case YYSYMBOL_CARET:
        return EXPECT_OPERATOR;
    case YYSYMBOL_NAME: return EXPECT_NAME;
    case YYSYMBOL_STRING: return EXPECT_STRING;
    case YYSYMBOL_ASSIGN: return EXPECT_ASSIGN;
    case YYSYMBOL_COLON: return EXPECT_COLON;
    case YYSYMBOL_COMMA: return EXPECT_COMMA;
    case YYSYMBOL_RPAREN: return EXPECT_RPAREN;
    case YYSYMBOL_RBRACKET: return EXPECT_RBRACKET;
    case YYSYMBOL_RBRACE: return EXPECT_RBRACE;
    case YYSYMBOL_LBLOCK: return EXPECT_LBLOCK;
    case YYSYMBOL_SEP: return EXPECT_SEP;
    default: return 0; /* goes without saying: it comes with one of the above */
    }
}

static int yyreport_syntax_error(const yypcontext_t *context, struct parser *p)
{
    yysymbol_kind_t symbol[YYNTOKENS];
    int n = yypcontext_expected_tokens(context, symbol, YYNTOKENS);
    unsigned expected = 0;
    for (int i = 0; i < n; i++)
        expected |= expect_of(symbol[i]);
    parse_syntax_error(p, *yypcontext_location(context), expected);
    return 0;
}
