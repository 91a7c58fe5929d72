// column.c -- table_find_column of table.h: a column of features by its name.
#include "data/table.h"

#include <string.h>

// The edit distance of Levenshtein, for short names; SIZE_MAX for long ones.
enum { LONGEST = 40 };

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

static size_t edits(const char *a, const char *b)
{
    size_t n = strlen(b), row[LONGEST + 1];
    if (n > LONGEST)
        return SIZE_MAX;
    for (size_t i = 0; i <= n; i++)
        row[i] = i;
    for (size_t i = 1; *a != '\0'; a++, i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t k = 1; k <= n; k++) {
            size_t replaced = diagonal + (*a != b[k - 1]);
            diagonal = row[k];
            row[k] = smaller(replaced, smaller(row[k - 1], row[k]) + 1);
        }
    }
    return row[n];
}

static int no_column(const struct table *table, const char *name, const char *who, struct err *err)
{
    size_t nearest = 0, least = SIZE_MAX;
    for (size_t i = 0; i < table->d; i++) {
        size_t distance = edits(name, table->columns[i]);
        if (distance < least) {
            least = distance;
            nearest = i;
        }
    }
    err_set(err, ERR_DATA, "%s names the column '%s', and there is none", who, name);
    if (least <= strlen(name) / 3 + 1)
        err_hint(err, "Did you mean '%s'?", table->columns[nearest]);
    return -1;
}

int table_find_column(size_t *at, const struct table *table, const char *name, const char *who,
                      struct err *err)
{
    if (table->columns == NULL)
        return err_set(err, ERR_DATA, "%s names the column '%s', and these columns have no names",
                       who, name);
    for (size_t i = 0; i < table->d; i++)
        if (strcmp(table->columns[i], name) == 0) {
            *at = i;
            return 0;
        }
    return no_column(table, name, who, err);
}
