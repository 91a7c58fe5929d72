// explain_diag.c -- see explain_diag.h. A section of the page begins with "## W2S0301: ...", and is
// shown as plain text: blocks are set in, their fences are left out.
#include "explain_diag.h"

#include "hook/stdlib.h"

#include <string.h>
#include <strings.h>

enum { CODE_LENGTH = 7 }; // "W2S0301"

bool is_diag_code(const char *word)
{
    if (strncasecmp(word, "W2S", 3) != 0 || word[3] == '\0')
        return false;
    return word[3 + strspn(word + 3, "0123456789")] == '\0';
}

static const char *section_of(const char *code)
{
    if (strlen(code) != CODE_LENGTH)
        return NULL;
    for (const char *p = stdlib_pages[0].text; (p = strstr(p, "\n## ")) != NULL;) {
        p += strlen("\n## ");
        if (strncasecmp(p, code, CODE_LENGTH) == 0)
            return p;
    }
    return NULL;
}

static void print_section(const char *section)
{
    bool inside = false;
    const char *end = strstr(section, "\n## ");
    if (end == NULL)
        end = section + strlen(section);
    for (const char *line = section; line < end;) {
        int n = (int)strcspn(line, "\n");
        bool fence = strncmp(line, "```", 3) == 0;
        if (fence)
            inside = !inside;
        else
            printf("%s%.*s\n", inside && n > 0 ? "    " : "", n, line);
        line += n + (line[n] == '\n');
    }
}

enum exit_status explain_codes(const struct options *options)
{
    for (size_t i = 0; i < options->n_arguments; i++) {
        const char *section = section_of(options->arguments[i]);
        if (section == NULL)
            return cli_misuse("there is no message with the code '%s'", options->arguments[i]);
        if (i > 0)
            putchar('\n');
        print_section(section);
    }
    return EXIT_DONE;
}
