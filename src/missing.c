// missing.c -- see missing.h. w2s never downloads anything by itself.
#include "missing.h"

#include "base/str.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

enum { MAX_SCRIPT = 64 * 1024 };

static bool is_get_script(const char *name)
{
    size_t n = strlen(name);
    return n > 7 && strncmp(name, "get-", 4) == 0 && strcmp(name + n - 3, ".sh") == 0;
}

static bool script_names(const char *path, const struct value *source)
{
    char text[MAX_SCRIPT + 1];
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return false;
    size_t n = fread(text, 1, MAX_SCRIPT, file);
    fclose(file);
    text[n] = '\0';
    for (size_t i = 0; i < source->n; i++) {
        const struct value *v = &source->args[i].value;
        if (v->kind == VALUE_TEXT && v->text[0] != '\0' && strstr(text, v->text) != NULL)
            return true;
    }
    return false;
}

void missing_hint(struct err *err, const struct value *source, const char *folder)
{
    DIR *dir = opendir(folder);
    if (dir == NULL)
        return;
    struct str path = {0};
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        if (!is_get_script(entry->d_name))
            continue;
        str_clear(&path);
        str_format(&path, "%s/%s", folder, entry->d_name);
        if (!script_names(path.data, source))
            continue;
        err_hint(err, "Run 'sh %s' to put it there.", path.data);
        break;
    }
    str_release(&path);
    closedir(dir);
}
