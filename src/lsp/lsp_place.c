// lsp_place.c -- positions of the protocol to byte offsets and back. A code point beyond 0xFFFF is two units
// of UTF-16, and four bytes of UTF-8.
#include "lsp/lsp.h"

static bool is_continuation(char c)
{
    return ((unsigned char)c & 0xC0) == 0x80;
}

static unsigned units(char first)
{
    return (unsigned char)first >= 0xF0 ? 2 : 1;
}

static uint32_t line_end(const struct source *source, uint32_t line)
{
    uint32_t end = line + 1 < source->n_lines ? source->line[line + 1] : source->n;
    if (end > source->line[line] && source->bytes[end - 1] == '\n')
        end--;
    return end;
}

uint32_t lsp_offset(const struct source *source, const json_t *position)
{
    json_int_t line = json_integer_value(json_object_get(position, "line"));
    json_int_t left = json_integer_value(json_object_get(position, "character"));
    if (line < 0)
        return 0;
    if (line >= (json_int_t)source->n_lines)
        return source->n;
    uint32_t at = source->line[line], end = line_end(source, (uint32_t)line);
    while (at < end && left > 0) {
        left -= units(source->bytes[at]);
        at++;
        while (at < end && is_continuation(source->bytes[at]))
            at++;
    }
    return at;
}

json_t *lsp_position(const struct source *source, uint32_t offset)
{
    if (offset > source->n)
        offset = source->n;
    uint32_t line = source_place(source, offset).line - 1;
    json_int_t character = 0;
    for (uint32_t at = source->line[line]; at < offset; at++)
        if (!is_continuation(source->bytes[at]))
            character += units(source->bytes[at]);
    return json_pack("{s:I, s:I}", "line", (json_int_t)line, "character", character);
}

json_t *lsp_range(const struct source *source, struct span span)
{
    return json_pack("{s:o, s:o}", "start", lsp_position(source, span.begin), "end",
                     lsp_position(source, span.end));
}
