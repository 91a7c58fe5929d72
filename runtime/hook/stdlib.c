// stdlib.c -- see stdlib.h; the table itself is made by embed.sh.
#include "hook/stdlib.h"

#include <string.h>

const struct stdlib_file *stdlib_loss(const char *name)
{
    for (const struct stdlib_file *f = stdlib_losses; f->name != NULL; f++)
        if (strcmp(f->name, name) == 0)
            return f;
    return NULL;
}
