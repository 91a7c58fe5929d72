// lua_text.c -- see lua_text.h: just enough of Lua's lexical rules to tell operators and names from
// strings and comments (Lua 5.4 Reference Manual, section 3.1).
#include "hook/lua_text.h"

#include "hook/sandbox.h"

#include <ctype.h>
#include <lua5.4/lauxlib.h>
#include <string.h>

struct scan {
    lua_State *L;
    const char *p, *end;
    int line;
};

// The number of '=' of a long bracket that opens at p, or -1.
static int long_bracket(const char *p, const char *end)
{
    int level = 0;
    if (p >= end || *p != '[')
        return -1;
    for (p++; p < end && *p == '='; p++)
        level++;
    return p < end && *p == '[' ? level : -1;
}

static void count_lines(struct scan *s, const char *from, const char *to)
{
    for (; from < to; from++)
        s->line += *from == '\n';
}

// Past the bracket that closes one of this level; past the end when none does.
static const char *skip_long(const struct scan *s, const char *p, int level)
{
    for (p += level + 2; p < s->end; p++) {
        if (*p != ']')
            continue;
        int found = 0;
        const char *q = p + 1;
        for (; q < s->end && *q == '='; q++)
            found++;
        if (found == level && q < s->end && *q == ']')
            return q + 1;
    }
    return s->end;
}

static bool ends_line(char c)
{
    return c == '\n' || c == '\r';
}

// Past a backslash and what it escapes.
static const char *skip_escape(const struct scan *s, const char *p)
{
    p++;
    if (p >= s->end)
        return p;
    char c = *p++;
    if (ends_line(c) && p < s->end && ends_line(*p) && *p != c)
        p++; // a line that ends with two characters
    while (c == 'z' && p < s->end && isspace((unsigned char)*p))
        p++;
    return p;
}

// Past the quote that closes; a string that does not end on its line is Lua's to complain about.
static const char *skip_quoted(const struct scan *s, const char *p)
{
    char quote = *p++;
    while (p < s->end && *p != quote && !ends_line(*p))
        p = *p == '\\' ? skip_escape(s, p) : p + 1;
    return p < s->end ? p + 1 : p;
}

static const char *skip_comment(const struct scan *s, const char *p)
{
    int level = long_bracket(p + 2, s->end);
    if (level >= 0)
        return skip_long(s, p + 2, level);
    while (p < s->end && !ends_line(*p))
        p++;
    return p;
}

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

static const char *skip_word(const struct scan *s, const char *p)
{
    static const char *const refused[] = {"_ENV", LUA_TEXT_POWER};
    const char *start = p;
    while (p < s->end && is_word(*p))
        p++;
    for (size_t i = 0; i < ARRAY_LEN(refused); i++)
        if ((size_t)(p - start) == strlen(refused[i]) &&
            memcmp(start, refused[i], (size_t)(p - start)) == 0)
            luaL_error(s->L, SANDBOX_CHUNK ":%d: '%s' is not available in a script", s->line,
                       refused[i]);
    return p;
}

// The end of the token at p.
static const char *skip_token(const struct scan *s, const char *p)
{
    if (p[0] == '-' && p + 1 < s->end && p[1] == '-')
        return skip_comment(s, p);
    if (*p == '"' || *p == '\'')
        return skip_quoted(s, p);
    int level = long_bracket(p, s->end);
    if (level >= 0)
        return skip_long(s, p, level);
    if (is_word(*p))
        return skip_word(s, p);
    return p + 1;
}

const char *lua_text_rewrite(lua_State *L, const char *text, size_t size, size_t *n)
{
    static const char byte_order_mark[] = "\xef\xbb\xbf";
    struct scan s = {L, text, text + size, 1};
    if (size > SANDBOX_MAX_TEXT)
        luaL_error(L, "the script has %d KiB, at most %d are read", (int)(size >> 10),
                   SANDBOX_MAX_TEXT >> 10);
    if (size > 0 && text[0] == LUA_SIGNATURE[0])
        luaL_error(L, "compiled Lua is not accepted\nGive the text it was compiled from.");
    if (size >= 3 && memcmp(text, byte_order_mark, 3) == 0)
        s.p += 3;
    luaL_Buffer out;
    luaL_buffinit(L, &out);
    while (s.p < s.end) {
        const char *next = skip_token(&s, s.p);
        luaL_addlstring(&out, s.p, (size_t)(next - s.p));
        if (*s.p == '^')
            luaL_addstring(&out, LUA_TEXT_POWER "^");
        count_lines(&s, s.p, next);
        s.p = next;
    }
    luaL_pushresult(&out);
    return lua_tolstring(L, -1, n);
}
