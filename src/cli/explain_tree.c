// explain_tree.c -- a decision tree as rules.
#include "explain.h"

#include "base/mem.h"
#include "model/tree.h"

enum { SHOWN_CLASSES = 4 };

struct view {
    const struct explained *what;
    const struct model *model;
    size_t width, n; // floats of a node, nodes
};

static struct view view_of(const struct explained *what)
{
    const struct model *model = &what->artifact->model;
    size_t width = tree_width(model);
    return (struct view){what, model, width, what->artifact->n_values / width};
}

static const float *node_of(const struct view *v, size_t number)
{
    return v->what->artifact->values + number * v->width;
}

static bool takes(const struct explained *what)
{
    return what->artifact->model.kind == MODEL_TREE;
}

static double threshold_of(const struct view *v, const float *node)
{
    return explain_raw(v->what->table, (size_t)node[TREE_FEATURE], (double)node[TREE_THRESHOLD]);
}

// The classes of a leaf, the most frequent first, those below a half percent left out.
static void write_shares(struct str *out, const struct view *v, const float *node)
{
    const float *share = node + TREE_HEAD;
    double above = 2; // the share shown last
    size_t last = 0, shown = 0;
    for (; shown < SHOWN_CLASSES; shown++) {
        size_t most = SIZE_MAX;
        for (size_t c = 0; c < v->model->classes; c++) {
            double s = (double)share[c];
            bool later = s < above || (s == above && c > last);
            if (later && s >= 0.005 && (most == SIZE_MAX || s > (double)share[most]))
                most = c;
        }
        if (most == SIZE_MAX)
            break;
        str_add(out, shown > 0 ? ", " : "");
        explain_class(out, v->what->table, most);
        str_format(out, " %.1f%%", 100 * (double)share[most]);
        above = (double)share[most];
        last = most;
    }
    str_format(out, " of %.0f row%s", (double)node[TREE_ROWS], node[TREE_ROWS] == 1 ? "" : "s");
}

static void indent(struct str *out, size_t depth)
{
    for (size_t i = 0; i < depth; i++)
        str_add(out, "|   ");
}

// Nodes stand in preorder, and a tree is no deeper than TREE_MAX_DEPTH.
static size_t write_node(struct str *out, const struct view *v, size_t number, size_t depth)
{
    const float *node = node_of(v, number);
    indent(out, depth);
    if (node[TREE_FEATURE] < 0) {
        write_shares(out, v, node);
        str_add(out, "\n");
        return number + 1;
    }
    struct str name = {0};
    explain_feature(&name, v->what->table, (size_t)node[TREE_FEATURE]);
    str_format(out, "if %s <= %.6g\n", str_text(&name), threshold_of(v, node));
    size_t right = write_node(out, v, number + 1, depth + 1);
    indent(out, depth);
    str_format(out, "else (%s > %.6g)\n", str_text(&name), threshold_of(v, node));
    str_release(&name);
    return write_node(out, v, right, depth + 1);
}

static size_t leaves(const struct view *v)
{
    size_t n = 0;
    for (size_t i = 0; i < v->n; i++)
        n += node_of(v, i)[TREE_FEATURE] < 0;
    return n;
}

static void print(FILE *out, const struct explained *what)
{
    struct view v = view_of(what);
    struct str text = {0};
    size_t n = leaves(&v);
    fprintf(out, "%zu split%s, %zu lea%s\n\n", v.n - n, v.n - n == 1 ? "" : "s", n,
            n == 1 ? "f" : "ves");
    write_node(&text, &v, 0, 0);
    fputs(str_text(&text), out);
    str_release(&text);
}

static json_t *node_json(const struct view *v, size_t number)
{
    const float *node = node_of(v, number);
    json_t *shares = json_array();
    for (size_t c = 0; c < v->model->classes; c++)
        json_array_append_new(shares, json_real((double)node[TREE_HEAD + c]));
    json_t *json = json_pack("{sI so}", "rows", (json_int_t)node[TREE_ROWS], "shares", shares);
    if (node[TREE_FEATURE] < 0)
        return json;
    size_t feature = (size_t)node[TREE_FEATURE];
    json_object_set_new(json, "feature", json_integer((json_int_t)feature + 1));
    json_object_set_new(json, "name", explain_feature_json(v->what->table, feature));
    json_object_set_new(json, "threshold", json_real(threshold_of(v, node)));
    json_object_set_new(json, "left", json_integer((json_int_t)number + 1));
    json_object_set_new(json, "right", json_integer((json_int_t)node[TREE_RIGHT]));
    return json;
}

static void add_json(json_t *object, const struct explained *what)
{
    struct view v = view_of(what);
    json_t *nodes = json_array();
    for (size_t i = 0; i < v.n; i++)
        json_array_append_new(nodes, node_json(&v, i));
    json_object_set_new(object, "nodes", nodes);
}

const struct explain_kind explain_tree = {"tree", takes, print, add_json};
