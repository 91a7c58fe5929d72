// lsp_serve.c -- messages in, messages out: the frame of the protocol, the documents, the table of requests.
//
// A message is a header "Content-Length: N", an empty line, and N bytes of JSON. What is not of that form ends
// the server; a wrong request gets an error and changes nothing.
#include "lsp/lsp.h"

#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { MESSAGE_MAX = 64 << 20, DOCUMENTS_MAX = 10000 };

// Error codes of JSON-RPC and of the protocol.
enum { PARSE_ERROR = -32700, INVALID_REQUEST = -32600, NO_METHOD = -32601, INVALID_PARAMS = -32602,
       NOT_READY = -32002, REQUEST_FAILED = -32803 };

struct server {
    FILE *out;
    struct lsp_document **documents; // each stays where it is: parts of it point at others
    size_t n, cap;
    bool ready, shut_down;
};

// --- frames --------------------------------------------------------------------------------------
static void send(struct server *s, json_t *message)
{
    json_object_set_new(message, "jsonrpc", json_string("2.0"));
    char *text = json_dumps(message, JSON_COMPACT);
    if (text == NULL)
        BUG("an answer is no JSON");
    fprintf(s->out, "Content-Length: %zu\r\n\r\n%s", strlen(text), text);
    fflush(s->out);
    mem_free(text);
    json_decref(message);
}

// The length of the next message; 0 at the end of the input, -1 for what is no header.
static long header(FILE *in)
{
    char line[256];
    long length = -1;
    while (fgets(line, sizeof line, in) != NULL) {
        if (strcmp(line, "\r\n") == 0 || strcmp(line, "\n") == 0)
            return length > 0 && length <= MESSAGE_MAX ? length : -1;
        if (strchr(line, '\n') == NULL)
            return -1;
        if (strncasecmp(line, "Content-Length:", 15) == 0)
            length = strtol(line + 15, NULL, 10);
    }
    return feof(in) && length < 0 ? 0 : -1;
}

// --- documents -----------------------------------------------------------------------------------
static struct lsp_document *find(struct server *s, const json_t *params)
{
    const json_t *of = json_object_get(params, "textDocument");
    const char *uri = json_string_value(json_object_get(of, "uri"));
    for (size_t i = 0; uri != NULL && i < s->n; i++)
        if (strcmp(s->documents[i]->uri, uri) == 0)
            return s->documents[i];
    return NULL;
}

static void publish(struct server *s, const struct lsp_document *d)
{
    send(s, json_pack("{s:s, s:{s:s, s:o}}", "method", "textDocument/publishDiagnostics", "params", "uri",
                      d->uri, "diagnostics", lsp_diagnostics(d)));
}

static void set_text(struct server *s, struct lsp_document *d, const json_t *text)
{
    if (!json_is_string(text))
        return;
    lsp_document_set(d, json_string_value(text), json_string_length(text));
    publish(s, d);
}

static void did_open(struct server *s, const json_t *params)
{
    const json_t *of = json_object_get(params, "textDocument");
    const char *uri = json_string_value(json_object_get(of, "uri"));
    struct lsp_document *d = find(s, params);
    if (uri == NULL || (d == NULL && s->n == DOCUMENTS_MAX))
        return;
    if (d == NULL) {
        s->documents = mem_grow(s->documents, &s->cap, s->n + 1, sizeof *s->documents);
        d = s->documents[s->n++] = lsp_document_new(uri);
    }
    set_text(s, d, json_object_get(of, "text"));
}

// The server asks for whole texts; the last one counts.
static void did_change(struct server *s, const json_t *params)
{
    struct lsp_document *d = find(s, params);
    const json_t *changes = json_object_get(params, "contentChanges");
    size_t n = json_array_size(changes);
    if (d != NULL && n > 0)
        set_text(s, d, json_object_get(json_array_get(changes, n - 1), "text"));
}

static void did_close(struct server *s, const json_t *params)
{
    struct lsp_document *d = find(s, params);
    if (d == NULL)
        return;
    send(s, json_pack("{s:s, s:{s:s, s:[]}}", "method", "textDocument/publishDiagnostics", "params", "uri",
                      d->uri, "diagnostics"));
    size_t at = 0;
    while (s->documents[at] != d)
        at++;
    s->documents[at] = s->documents[--s->n];
    lsp_document_free(d);
}

// --- requests ------------------------------------------------------------------------------------
static json_t *initialize(void)
{
    return json_pack(
        "{s:{s:s, s:{s:b, s:i}, s:b, s:b, s:b, s:b, s:b, s:b, s:{s:[s, s, s, s]}, s:{s:b}},"
        " s:{s:s, s:s}}",
        "capabilities", "positionEncoding", "utf-16", "textDocumentSync", "openClose", 1, "change", 1,
        "hoverProvider", 1, "definitionProvider", 1, "referencesProvider", 1,
        "documentFormattingProvider", 1, "documentSymbolProvider", 1, "codeActionProvider", 1,
        "completionProvider", "triggerCharacters", ".", "(", "=", ":", "renameProvider",
        "prepareProvider", 1, "serverInfo", "name", "w2s", "version", W2S_VERSION);
}

typedef json_t *answer_at(const struct lsp_document *d, uint32_t offset);
typedef json_t *answer_whole(const struct lsp_document *d);

static const struct {
    const char *method;
    answer_at *at;       // or
    answer_whole *whole;
} answers[] = {
    {"textDocument/hover", lsp_hover, NULL},
    {"textDocument/completion", lsp_complete, NULL},
    {"textDocument/definition", lsp_definition, NULL},
    {"textDocument/references", lsp_references, NULL},
    {"textDocument/prepareRename", lsp_prepare_rename, NULL},
    {"textDocument/formatting", NULL, lsp_format},
    {"textDocument/documentSymbol", NULL, lsp_symbols},
};

struct reply {
    json_t *result; // or
    int code;
    char text[512];
};

static void fail(struct reply *reply, int code, const char *text)
{
    reply->code = code;
    snprintf(reply->text, sizeof reply->text, "%s", text);
}

static void rename_reply(struct reply *reply, const struct lsp_document *d, const json_t *params)
{
    const char *name = json_string_value(json_object_get(params, "newName"));
    struct err err = {0};
    if (name == NULL) {
        fail(reply, INVALID_PARAMS, "newName is missing");
        return;
    }
    uint32_t offset = lsp_offset(&d->source, json_object_get(params, "position"));
    reply->result = lsp_rename(d, offset, name, &err);
    if (reply->result == NULL)
        fail(reply, REQUEST_FAILED, err.text);
}

static void fixes_reply(struct reply *reply, const struct lsp_document *d, const json_t *params)
{
    const json_t *range = json_object_get(params, "range");
    struct span span = {lsp_offset(&d->source, json_object_get(range, "start")),
                        lsp_offset(&d->source, json_object_get(range, "end"))};
    reply->result = lsp_fixes(d, span);
}

static void about_document(struct reply *reply, struct server *s, const char *method, const json_t *params)
{
    const struct lsp_document *d = find(s, params);
    if (d == NULL) {
        fail(reply, INVALID_PARAMS, "the document is not open");
        return;
    }
    if (!d->readable) {
        reply->result = json_null();
        return;
    }
    if (strcmp(method, "textDocument/rename") == 0)
        rename_reply(reply, d, params);
    else if (strcmp(method, "textDocument/codeAction") == 0)
        fixes_reply(reply, d, params);
    for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
        if (strcmp(answers[i].method, method) != 0)
            continue;
        if (answers[i].whole != NULL)
            reply->result = answers[i].whole(d);
        else
            reply->result = answers[i].at(d, lsp_offset(&d->source, json_object_get(params, "position")));
    }
    if (reply->result == NULL && reply->code == 0)
        fail(reply, NO_METHOD, "there is no such method");
}

static void request(struct server *s, const json_t *id, const char *method, const json_t *params)
{
    struct reply reply = {0};
    if (strcmp(method, "initialize") == 0) {
        s->ready = true;
        reply.result = initialize();
    } else if (!s->ready) {
        fail(&reply, NOT_READY, "the first request is initialize");
    } else if (s->shut_down) {
        fail(&reply, INVALID_REQUEST, "the server is shut down");
    } else if (strcmp(method, "shutdown") == 0) {
        s->shut_down = true;
        reply.result = json_null();
    } else if (strncmp(method, "textDocument/", 13) == 0) {
        about_document(&reply, s, method, params);
    } else {
        fail(&reply, NO_METHOD, "there is no such method");
    }
    json_t *message = json_pack("{s:O}", "id", id);
    if (reply.code == 0)
        json_object_set_new(message, "result", reply.result);
    else
        json_object_set_new(message, "error",
                            json_pack("{s:i, s:s}", "code", reply.code, "message", reply.text));
    send(s, message);
}

static void notification(struct server *s, const char *method, const json_t *params)
{
    if (!s->ready || s->shut_down)
        return;
    if (strcmp(method, "textDocument/didOpen") == 0)
        did_open(s, params);
    else if (strcmp(method, "textDocument/didChange") == 0)
        did_change(s, params);
    else if (strcmp(method, "textDocument/didClose") == 0)
        did_close(s, params);
}

// False when the client says `exit`.
static bool message(struct server *s, const char *bytes, size_t n)
{
    json_error_t error;
    json_t *json = json_loadb(bytes, n, JSON_ALLOW_NUL, &error);
    const json_t *id = json_object_get(json, "id");
    const char *method = json_string_value(json_object_get(json, "method"));
    bool goes_on = true;
    if (json == NULL)
        send(s, json_pack("{s:n, s:{s:i, s:s}}", "id", "error", "code", PARSE_ERROR, "message", error.text));
    else if (method != NULL && strcmp(method, "exit") == 0)
        goes_on = false;
    else if (method != NULL && id != NULL)
        request(s, id, method, json_object_get(json, "params"));
    else if (method != NULL)
        notification(s, method, json_object_get(json, "params"));
    else if (id == NULL || json_object_get(json, "result") == NULL)
        send(s, json_pack("{s:n, s:{s:i, s:s}}", "id", "error", "code", INVALID_REQUEST, "message",
                          "a message names a method"));
    json_decref(json);
    return goes_on;
}

int lsp_serve(FILE *in, FILE *out)
{
    struct server s = {.out = out};
    bool goes_on = true;
    long n;
    while (goes_on && (n = header(in)) > 0) {
        struct err err = {0};
        char *bytes = mem_try((size_t)n, 1, "a message", &err);
        goes_on = bytes != NULL && fread(bytes, 1, (size_t)n, in) == (size_t)n &&
                  message(&s, bytes, (size_t)n);
        mem_free(bytes);
    }
    for (size_t i = 0; i < s.n; i++)
        lsp_document_free(s.documents[i]);
    mem_free(s.documents);
    return s.shut_down ? 0 : 1;
}
