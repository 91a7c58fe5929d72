// why_text.c -- the answer of `w2s why` in words.
#include "why.h"

#include "base/mem.h"

#include <string.h>

enum { SHOWN_CLASSES = 4, IMAGE_WIDEST = 64 };

static const char *text_of(const json_t *object, const char *name)
{
    const json_t *text = json_object_get(object, name);
    return json_is_string(text) ? json_string_value(text) : "";
}

static long long whole(const json_t *object, const char *name)
{
    return json_integer_value(json_object_get(object, name));
}

// --- votes ---------------------------------------------------------------------------------------
// The most probable classes, the first first; those below half a percent are left out.
static void write_shares(struct str *out, const json_t *why, const json_t *shares)
{
    const json_t *names = json_object_get(why, "classes");
    size_t n = json_array_size(shares), last = 0;
    double above = 2; // the share written last
    for (size_t shown = 0; shown < SHOWN_CLASSES && shown < n; shown++) {
        size_t most = SIZE_MAX;
        for (size_t c = 0; c < n; c++) {
            double s = json_number_value(json_array_get(shares, c));
            bool later = s < above || (s == above && c > last);
            if (later && s >= 0.005 &&
                (most == SIZE_MAX || s > json_number_value(json_array_get(shares, most))))
                most = c;
        }
        if (most == SIZE_MAX)
            break;
        last = most;
        above = json_number_value(json_array_get(shares, most));
        str_format(out, "%s%s %.4f", shown > 0 ? ", " : "",
                   json_string_value(json_array_get(names, most)), above);
    }
}

static void write_vote(struct str *out, const json_t *why, const json_t *voter)
{
    const char *vote = text_of(voter, "vote");
    if (strcmp(vote, "soft") == 0)
        write_shares(out, why, json_object_get(voter, "probabilities"));
    else
        str_format(out, "%s%s", strcmp(vote, "against") == 0 ? "not " : "",
                   strcmp(vote, "abstains") == 0 ? "abstains" : text_of(voter, "class_name"));
}

// Pads to a column; names that are longer push the line.
static void pad(struct str *out, size_t from, size_t width)
{
    size_t used = text_width(str_text(out) + from, out->len - from);
    if (used < width)
        str_repeat(out, ' ', width - used);
    str_add(out, "  ");
}

static size_t widest(const json_t *list, const char *name)
{
    size_t i, width = 0;
    json_t *item;
    json_array_foreach(list, i, item)
    {
        size_t w = text_width(text_of(item, name), strlen(text_of(item, name)));
        width = w > width ? w : width;
    }
    return width;
}

static size_t widest_vote(const json_t *why, const json_t *voters)
{
    struct str vote = {0};
    size_t i, width = 0;
    json_t *voter;
    json_array_foreach(voters, i, voter)
    {
        str_clear(&vote);
        write_vote(&vote, why, voter);
        size_t w = text_width(str_text(&vote), vote.len);
        width = w > width ? w : width;
    }
    str_release(&vote);
    return width;
}

// `name` and `votes` are widths of columns.
static void write_voter(struct str *out, const json_t *why, const json_t *voter, size_t name,
                        size_t votes)
{
    size_t from = out->len;
    const json_t *accuracy = json_object_get(voter, "accuracy");
    const json_t *weight = json_object_get(voter, "weight");
    str_format(out, "    %s", text_of(voter, "name"));
    pad(out, from, name + 4);
    from = out->len;
    write_vote(out, why, voter);
    if (accuracy == NULL && weight == NULL && text_of(voter, "text")[0] == '\0') {
        str_add(out, "\n");
        return;
    }
    pad(out, from, votes);
    if (accuracy != NULL)
        str_format(out, "accuracy %.4f", json_number_value(accuracy));
    if (weight != NULL)
        str_format(out, "weight %.4f", json_number_value(weight));
    str_add(out, text_of(voter, "text"));
    if (text_of(voter, "cite")[0] != '\0')
        str_format(out, " (%s)", text_of(voter, "cite"));
    str_add(out, "\n");
}

static void write_model(struct str *out, const json_t *why, const json_t *model, size_t width)
{
    const json_t *voters = json_object_get(model, "voters");
    size_t from = out->len, i;
    json_t *voter;
    str_format(out, "  %s", text_of(model, "name"));
    pad(out, from, width + 2);
    from = out->len;
    str_add(out, text_of(model, "role"));
    if (text_of(model, "weights")[0] != '\0')
        str_format(out, ", %s", text_of(model, "weights"));
    pad(out, from, 8);
    if (json_is_null(json_object_get(model, "says")))
        str_add(out, "abstains");
    else
        write_shares(out, why, json_object_get(model, "probabilities"));
    str_add(out, "\n");
    json_array_foreach(voters, i, voter)
        write_voter(out, why, voter, widest(voters, "name"), widest_vote(why, voters));
}

// --- the row -------------------------------------------------------------------------------------
static void write_head(struct str *out, const json_t *why)
{
    const json_t *row = json_object_get(why, "row"), *params = json_object_get(why, "params");
    const char *name;
    json_t *value;
    str_format(out, "%s:%lld is row %lld of %s", text_of(row, "data"), whole(row, "number"),
               whole(row, "source_row"), text_of(row, "source"));
    if (text_of(row, "key")[0] != '\0')
        str_format(out, ", with the key %s", text_of(row, "key"));
    str_format(out, "; seed %lld", whole(why, "seed"));
    json_object_foreach((json_t *)(uintptr_t)params, name, value)
        str_format(out, ", %s = %s", name, json_string_value(value));
    str_add(out, "\n");
}

static void write_gold(struct str *out, const json_t *why)
{
    const json_t *gold = json_object_get(why, "gold"), *readers = json_object_get(gold, "read_by");
    size_t i;
    json_t *reader;
    if (json_is_null(gold)) {
        str_add(out, json_is_true(json_object_get(why, "labelled"))
                         ? "gold label: withheld, no stage of the file reads it\n"
                         : "there is no gold label\n");
        return;
    }
    str_format(out, "gold label: %s, read by", text_of(gold, "class_name"));
    json_array_foreach(readers, i, reader)
    {
        const char *stage = text_of(reader, "stage"), *name = text_of(reader, "name");
        bool self = strncmp(name, stage, strlen(stage)) == 0; // ceiling(s)
        const char *of = strcmp(stage, "evaluation") == 0 ? "on " : "of ";
        bool trains = strcmp(stage, "teacher") == 0 || strcmp(stage, "student") == 0;
        str_format(out, "%s %s%s%s", i > 0 ? "," : "", self || trains ? "" : stage,
                   self || trains ? "" : " ", self || trains ? "" : of);
        str_add(out, name);
    }
    str_add(out, "\n");
}

// A picture in characters, the mean of the channels, from the least value to the largest.
static void write_image(struct str *out, const json_t *image, const json_t *features)
{
    static const char ramp[] = " .:-=+*#%@";
    size_t W = (size_t)whole(image, "width"), C = (size_t)whole(image, "channels");
    size_t n = json_array_size(features), pixels = n / C;
    double *x = mem_new((pixels + 1) * sizeof *x), low = 0, high = 0;
    for (size_t p = 0; p < pixels; p++) {
        for (size_t c = 0; c < C; c++)
            x[p] += json_number_value(
                        json_object_get(json_array_get(features, p * C + c), "value")) /
                    (double)C;
        low = p == 0 || x[p] < low ? x[p] : low;
        high = p == 0 || x[p] > high ? x[p] : high;
    }
    for (size_t p = 0; p < pixels; p++) {
        double share = high > low ? (x[p] - low) / (high - low) : 0;
        str_add_char(out, ramp[(size_t)(share * 9 + 0.5)]);
        if ((p + 1) % W == 0)
            str_add(out, "\n");
    }
    str_format(out, "from %.4g (blank) to %.4g (@)\n", low, high);
    mem_free(x);
}

static void write_features(struct str *out, const json_t *why)
{
    const json_t *features = json_object_get(why, "features");
    const json_t *image = json_object_get(why, "image");
    size_t i, zeros = 0, width = widest(features, "name");
    json_t *feature;
    str_add(out, "\nfeatures, in the units of the data\n");
    if (image != NULL && whole(image, "width") <= IMAGE_WIDEST) {
        write_image(out, image, features);
        return;
    }
    json_array_foreach(features, i, feature)
    {
        double x = json_number_value(json_object_get(feature, "value"));
        size_t from = out->len;
        zeros += x == 0;
        if (x == 0)
            continue;
        str_format(out, "  %s", text_of(feature, "name"));
        pad(out, from, width + 2);
        str_format(out, "%.6g\n", x);
    }
    if (zeros > 0)
        str_format(out, "  and %zu that %s 0\n", zeros, zeros == 1 ? "is" : "are");
}

// --- trainings -----------------------------------------------------------------------------------
static void write_term(struct str *out, const json_t *why, const json_t *term, const json_t *label)
{
    const json_t *rankings = json_object_get(term, "rankings");
    const json_t *trust = json_object_get(term, "trust"), *target = json_object_get(term, "target");
    const char *guidance = text_of(term, "guidance");
    str_format(out, "    %s %s", text_of(term, "weight"), text_of(term, "loss"));
    if (guidance[0] != '\0')
        str_format(out, ": %s", guidance);
    if (target != NULL) {
        str_add(out, ": ");
        write_shares(out, why, target);
    }
    if (rankings != NULL)
        str_format(out, ": in %lld of %lld, best in %lld, worst in %lld",
                   whole(rankings, "with_row"), whole(rankings, "all"), whole(rankings, "best"),
                   whole(rankings, "worst"));
    if (guidance[0] == '\0' && json_is_object(label))
        str_format(out, ": label %s", text_of(label, "class_name"));
    if (trust != NULL && json_number_value(trust) == 0)
        str_add(out, "; left out by the filter");
    else if (trust != NULL)
        str_format(out, "; trusted, with weight %.4g", json_number_value(trust));
    str_add(out, "\n");
}

static void write_training(struct str *out, const json_t *why, const json_t *training, size_t width)
{
    size_t from = out->len, i;
    json_t *term;
    str_format(out, "  %s", text_of(training, "name"));
    pad(out, from, width + 2);
    if (json_is_null(json_object_get(training, "row"))) {
        bool shifted = json_is_true(json_object_get(training, "shifted"));
        str_format(out, shifted ? "not as it is, but shifted, in %s\n" : "not among its rows, %s\n",
                   text_of(training, "rows"));
        return;
    }
    str_format(out, "row %lld of %s\n", whole(training, "row"), text_of(training, "rows"));
    json_array_foreach(json_object_get(training, "terms"), i, term)
        write_term(out, why, term, json_object_get(training, "label"));
}

void why_print(FILE *out, const json_t *why)
{
    const json_t *models = json_object_get(why, "models");
    const json_t *trainings = json_object_get(why, "trainings");
    struct str text = {0};
    size_t i;
    json_t *item;
    write_head(&text, why);
    write_gold(&text, why);
    write_features(&text, why);
    str_add(&text, json_array_size(models) > 0 ? "\nwhat is said of it\n" : "");
    json_array_foreach(models, i, item)
        write_model(&text, why, item, widest(models, "name"));
    str_add(&text, json_array_size(trainings) > 0 ? "\nwho was trained on it\n" : "");
    json_array_foreach(trainings, i, item)
        write_training(&text, why, item, widest(trainings, "name"));
    fputs(str_text(&text), out);
    str_release(&text);
}
