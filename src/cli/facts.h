// facts.h -- digests and shapes of data files, remembered in the store as long as the files stay
// the same.
//
// A file is the same while its device, number, size and times are; one that changed within the last
// two seconds is not trusted, since it may change again within the same tick of its clock. So a
// warm run does not read the data at all.
#ifndef W2S_FACTS_H
#define W2S_FACTS_H

#include "cli.h"
#include "store/store.h"

// The store of a command, opened when it is first needed, and made only then.
struct run_store {
    const char *path; // NULL: none
    struct store *store;
    bool tried;
    struct err err;
};

// NULL: there is none, or it could not be opened, and `err` of it says why.
struct store *run_store_get(struct run_store *rs);
void run_store_close(struct run_store *rs);

struct known_source;
struct facts {
    struct run_store *store;
    struct known_source *items;
    size_t n, cap;
};

struct source_memory facts_memory(struct facts *facts);
void facts_release(struct facts *facts);

// False when a file of the source is not the one it was when its digest was taken. For run_options.
bool facts_unchanged(void *facts, const struct value *source, const char *folder);

// What was packed of a source, for fsck: the path of its n-th file, or NULL.
struct arena;
const char *facts_path(struct arena *arena, const uint8_t *bytes, size_t n, size_t file);

#endif
