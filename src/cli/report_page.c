// report_page.c -- puts style, script and data into the page; see report.h.
#include "report.h"

#include "base/digest.h"
#include "hook/stdlib.h"

#include <string.h>

static void add_file(struct str *out, const char *name)
{
    for (const struct stdlib_file *file = stdlib_report; file->name != NULL; file++) {
        if (strcmp(file->name, name) != 0)
            continue;
        str_add_bytes(out, file->text, file->size);
        return;
    }
    BUG("the page has no '%s'", name);
}

// In the order they are read: each uses only what stands before it.
static void add_script(struct str *out)
{
    static const char *const parts[] = {"read", "plot", "plan", "show", "models", "main"};
    for (size_t i = 0; i < ARRAY_LEN(parts); i++)
        add_file(out, parts[i]);
}

// RFC 4648, of a digest: 32 bytes are 44 characters.
static void add_base64(struct str *out, const uint8_t *x, size_t n)
{
    static const char digit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < n; i += 3) {
        uint32_t three = (uint32_t)x[i] << 16 | (i + 1 < n ? (uint32_t)x[i + 1] << 8 : 0) |
                         (i + 2 < n ? x[i + 2] : 0);
        for (size_t k = 0; k < 4; k++)
            str_add_char(out, i + k > n ? '=' : digit[three >> (18 - 6 * k) & 63]);
    }
}

static void add_hash(struct str *out, const struct str *text)
{
    struct digest digest = digest_of(str_text(text), text->len);
    str_add(out, "'sha256-");
    add_base64(out, digest.bytes, sizeof digest.bytes);
    str_add(out, "'");
}

// Blobs are what its download buttons make.
static void add_policy(struct str *out, const struct str *style, const struct str *script)
{
    str_add(out, "default-src 'none'; base-uri 'none'; form-action 'none'; script-src ");
    add_hash(out, script);
    str_add(out, "; style-src ");
    add_hash(out, style);
}

// A script element ends at "</script", whatever it holds: without '<' there is no such end.
static void add_data(struct str *out, const json_t *data)
{
    char *text = json_dumps(data, JSON_COMPACT | JSON_ENSURE_ASCII);
    if (text == NULL)
        BUG("the report is no JSON");
    for (const char *at = text; *at != '\0';) {
        size_t n = strcspn(at, "<");
        str_add_bytes(out, at, n);
        at += n;
        if (*at == '<') {
            str_add(out, "\\u003c");
            at++;
        }
    }
    mem_free(text);
}

void report_page(struct str *out, const json_t *data)
{
    struct str page = {0}, style = {0}, script = {0};
    add_file(&page, "page");
    add_file(&style, "style");
    add_script(&script);
    for (const char *at = str_text(&page); *at != '\0';) {
        const char *mark = strstr(at, "{{");
        const char *end = mark != NULL ? strstr(mark, "}}") : NULL;
        if (end == NULL) {
            str_add(out, at);
            break;
        }
        str_add_bytes(out, at, (size_t)(mark - at));
        if (strncmp(mark, "{{policy}}", 10) == 0)
            add_policy(out, &style, &script);
        else if (strncmp(mark, "{{style}}", 9) == 0)
            str_add(out, str_text(&style));
        else if (strncmp(mark, "{{script}}", 10) == 0)
            str_add(out, str_text(&script));
        else if (strncmp(mark, "{{data}}", 8) == 0)
            add_data(out, data);
        else
            BUG("the page has a mark that nothing fills");
        at = end + 2;
    }
    str_release(&page);
    str_release(&style);
    str_release(&script);
}
