"""lsp.py W2S TOP -- speaks to `w2s lsp` as an editor does; a line "ok" or "FAILED" for each check."""
import glob
import json
import os
import re
import subprocess
import sys

W2S, TOP = sys.argv[1:3]


class Server:
    def __init__(self):
        self.p = subprocess.Popen([W2S, "lsp"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.id, self.notes = 0, []

    def raw(self, data):
        self.p.stdin.write(data)
        self.p.stdin.flush()

    def send(self, message):
        body = json.dumps(dict(message, jsonrpc="2.0")).encode()
        self.raw(b"Content-Length: %d\r\n\r\n" % len(body) + body)

    def read(self):
        length = None
        while (line := self.p.stdout.readline().strip()):
            key, value = line.split(b":")
            if key == b"Content-Length":
                length = int(value)
        return json.loads(self.p.stdout.read(length)) if length else None

    def ask(self, method, **params):
        self.id += 1
        self.send({"id": self.id, "method": method, "params": params})
        while (m := self.read()) is not None and m.get("id") != self.id:
            self.notes.append(m)
        return m

    def note(self, method, **params):
        self.send({"method": method, "params": params})

    def text(self, text, uri="file:///tmp/a.w2s"):
        """Opens or replaces a document; gives its diagnostics."""
        self.note("textDocument/didOpen", textDocument={"uri": uri, "languageId": "w2s", "version": 1, "text": text})
        m = self.read()
        assert m["method"] == "textDocument/publishDiagnostics" and m["params"]["uri"] == uri
        return m["params"]["diagnostics"]

    def at(self, method, text, mark="@", uri="file:///tmp/a.w2s", **more):
        """The request `method` where `mark` stands in the text, which is opened without it."""
        before, after = text.split(mark)
        self.text(before + after, uri)
        line = before.count("\n")
        return self.ask("textDocument/" + method, textDocument={"uri": uri},
                        position={"line": line, "character": len(before.split("\n")[-1].encode("utf-16-le")) // 2},
                        **more)


def check(name, holds, seen=None):
    print(("ok " if holds else "FAILED ") + name + ("" if holds or seen is None else f": {seen}"))


def labels(answer):
    return [item["label"] for item in answer["result"]]


BASE = """data d = builtin("digits") { split = { gold: 20%, test: 30% } }
model small = mlp(hidden: [8])
teacher weak { model = small; train = d.gold; epochs = 5 }
guidance soft = soft_labels(from: weak)
"""

s = Server()
check("a request before initialize", s.ask("textDocument/hover")["error"]["code"] == -32002)
caps = s.ask("initialize", processId=None, rootUri=None, capabilities={})["result"]["capabilities"]
check("capabilities", all(caps[k] for k in ("hoverProvider", "completionProvider", "renameProvider",
                                            "documentFormattingProvider", "definitionProvider")), caps)
s.note("initialized")

# Diagnostics: codes, ranges in UTF-16 units, hints, second places, and none for what is right.
found = s.text(BASE + "evaluate { models = [weka]; on = [d.test] }\n")
check("an unknown name", len(found) == 1 and found[0]["code"] == "W2S0301" and "did you mean 'weak'?" in
      found[0]["message"] and found[0]["range"] == {"start": {"line": 4, "character": 21},
                                                    "end": {"line": 4, "character": 25}}, found)
found = s.text('experiment "𝒳é" { seeds = 0..1 }  # 𝒳\n' + BASE + 'claim "𝒳" { acuracy(weak, on: d.test) > 0 }\n')
check("places are UTF-16", found[0]["range"]["start"] == {"line": 5, "character": 13}, found)
found = s.text(BASE + "model small = linear()\nevaluate { models = [weak]; on = [d.test] }\n")
check("a second place", found[0]["relatedInformation"][0]["location"]["range"]["start"]["line"] == 1, found)
check("nothing is wrong", s.text(BASE + "evaluate { models = [weak]; on = [d.test] }\n") == [])
check("a text that does not parse", len(s.text("teacher {{{\n")) > 0)
check("no text at all", len(s.text("")) == 1)
check("a NUL in the text", len(f := s.text("a\0b")) == 1 and f[0]["severity"] == 1, f)
for path in sorted(glob.glob(TOP + "/examples/*.w2s")):
    with open(path, encoding="utf-8") as f:
        found = s.text(f.read(), "file://" + path)
    cli = subprocess.run([W2S, "check", "--json", path], capture_output=True, text=True)
    check("as w2s check says: " + os.path.basename(path), len(found) == len(cli.stdout.splitlines()), found)

# Hover: shapes, documentation of the schema, losses.
def hover(text):
    result = s.at("hover", text)["result"]
    return "" if result is None else result["contents"]["value"]


check("hover of a teacher", "610 parameters" in (h := hover(BASE + "evaluate { models = [we@ak]; on = [d.test] }\n")), h)
check("hover of data", "1797 rows x 64 features, 10 classes, 8x8 images" in (h := hover(BASE.replace("data d", "data d@") + "evaluate { models = [weak]; on = [d.test] }\n")), h)
check("hover of a setting", "passes over the rows" in (h := hover(BASE.replace("epochs", "epo@chs"))), h)
check("hover of a call", "affine layers" in (h := hover(BASE.replace("mlp", "m@lp"))), h)
check("hover of a loss", "cross-entropy with the teacher" in (h := hover(BASE.replace("soft_labels", "soft@_labels"))), h)
check("hover of an argument", "units of each hidden layer" in (h := hover(BASE.replace("hidden", "hid@den"))), h)
check("hover of a keyword", "`epochs`" in (h := hover("teach@er weak { }")), h)
check("hover of a part", "d.gold" in (h := hover(BASE.replace("d.gold", "d.go@ld") + "evaluate { models = [weak]; on = [d.test] }\n")), h)
check("hover of nothing", hover(BASE + "\n@\n") == "")

# Completion, mostly in texts that do not parse.
def complete(text):
    return labels(s.at("completion", text))


check("declarations", "teacher" in (c := complete(BASE + "te@")) and "student" in c and len(c) == 14, c)
check("settings", "epochs" in (c := complete(BASE + "student s {\n  ep@\n}")) and "learn" in c and "let" in c, c)
check("models", "small" in (c := complete(BASE + "student s { model = @")) and "mlp" in c and "weak" not in c, c)
check("optimisers", "adam" in (c := complete(BASE + "student s { using = @")), c)
check("parts", complete(BASE + "student s { train = d.@") == ["gold", "test"])
check("layers", "hidden" in complete(BASE + "guidance g = representation(from: weak.@"))
check("arguments", "hidden" in (c := complete(BASE + "model m = mlp(@")), c)
check("choices", {"relu", "tanh", "gelu"} <= set(c := complete(BASE + "model m = mlp(hidden: [3], activation: @")), c)
check("shifts", "rotate" in (c := complete(BASE + "evaluate { on = [d.test |> @")) and "mlp" not in c, c)
check("objectives", "soft" in (c := complete(BASE + "student s {\n  learn = 0.5 * @")) and "cross_entropy" in c and "kl" in c, c)
check("metrics", "accuracy" in (c := complete(BASE + "evaluate { metrics = [@")), c)
check("teachers of a loss", "weak" in (c := complete(BASE + "guidance g = kl(from: @")), c)
check("losses of a declaration", "focal_kl" in (c := complete(BASE + "guidance g = @")), c)
check("nothing in a comment", complete(BASE + "# te@") == [])
check("nothing in a string", complete('data x = csv("te@') == [])

# Definition, references, renaming.
r = s.at("definition", BASE + "evaluate { models = [we@ak]; on = [d.test] }\n")["result"]
check("definition", r["range"]["start"] == {"line": 2, "character": 8}, r)
r = s.at("definition", BASE + "evaluate { models = [weak]; on = [d.te@st] }\n")["result"]
check("definition of a part", r["range"]["start"] == {"line": 0, "character": 50}, r)
r = s.at("references", BASE + "evaluate { models = [we@ak]; on = [d.test] }\n", context={"includeDeclaration": True})["result"]
check("references", [x["range"]["start"]["line"] for x in r] == [2, 3, 4], r)
r = s.at("prepareRename", BASE.replace("epochs", "epo@chs"))["result"]
check("a setting has no name of its own", r is None, r)
r = s.at("rename", BASE + "evaluate { models = [we@ak]; on = [d.test] }\n", newName="small_one")["result"]
edits = r["changes"]["file:///tmp/a.w2s"]
check("rename", len(edits) == 3 and all(e["newText"] == "small_one" for e in edits), edits)
text = (BASE + "evaluate { models = [weak]; on = [d.test] }\n").split("\n")
for e in sorted(edits, key=lambda e: (e["range"]["start"]["line"], e["range"]["start"]["character"]), reverse=True):
    line, a, b = e["range"]["start"]["line"], e["range"]["start"]["character"], e["range"]["end"]["character"]
    text[line] = text[line][:a] + e["newText"] + text[line][b:]
check("what was renamed is right", s.text("\n".join(text)) == [] and "weak" not in "\n".join(text))
claim = BASE + 'claim "c" { let t = d.te@st; accuracy(weak, on: t) > 0 }\n'
r = s.at("rename", claim.replace("te@st", "test").replace("on: t)", "on: t@)"), newName="rows")["result"]
check("rename of a let", len(r["changes"]["file:///tmp/a.w2s"]) == 2, r)
for bad in ("let", "3x", "a b", "", "soft"):
    r = s.at("rename", BASE + "evaluate { models = [we@ak]; on = [d.test] }\n", newName=bad)
    check(f"rename to '{bad}'", "error" in r, r)

# Formatting, the outline, quick fixes.
s.text("model   m=linear( )\n")
r = s.ask("textDocument/formatting", textDocument={"uri": "file:///tmp/a.w2s"}, options={})["result"]
check("formatting", r[0]["newText"] == "model m = linear()\n", r)
s.text("model {{\n")
r = s.ask("textDocument/formatting", textDocument={"uri": "file:///tmp/a.w2s"}, options={})["result"]
check("formatting of what does not parse", r == [], r)
s.text(BASE)
r = s.ask("textDocument/documentSymbol", textDocument={"uri": "file:///tmp/a.w2s"})["result"]
check("outline", [x["name"] for x in r] == ["d", "small", "weak", "soft"] and
      [c["name"] for c in r[2]["children"]] == ["model", "train", "epochs"], r)
found = s.text(BASE + "evaluate { models = [weka]; on = [d.test] }\n")
r = s.ask("textDocument/codeAction", textDocument={"uri": "file:///tmp/a.w2s"}, range=found[0]["range"], context={})["result"]
check("quick fix", r[0]["edit"]["changes"]["file:///tmp/a.w2s"][0]["newText"] == "weak", r)

# The grammars of the editors know every word and unit of the language.
with open(TOP + "/grammar/keywords.def", encoding="utf-8") as f:
    words = re.findall(r'^(?:DECLARATION\((\w+)|WORD\("(\w+)|UNIT\("(\w+|%))', f.read(), re.M)
for path in ("vscode/syntaxes/w2s.tmLanguage.json", "vim/syntax/w2s.vim"):
    with open(f"{TOP}/grammar/editors/{path}", encoding="utf-8") as f:
        text = f.read()
    for word in (a.lower() or b or c for a, b, c in words):
        check(f"{path}: {word}", re.search(rf"(?<![a-z]){re.escape(word)}(?![a-z])", text) is not None)
for path in glob.glob(TOP + "/grammar/editors/vscode/**/*.json", recursive=True):
    with open(path, encoding="utf-8") as f:
        check(os.path.basename(path), isinstance(json.load(f), dict))

# Hostile: every prefix of an example, requests of the wrong shape, unknown methods.
with open(TOP + "/examples/digits.w2s", encoding="utf-8") as f:
    whole = f.read()
for n in range(0, len(whole), 97):
    s.at("completion", whole[:n] + "@")
    s.ask("textDocument/hover", textDocument={"uri": "file:///tmp/a.w2s"}, position={"line": n, "character": 2 ** 40})
check("every prefix is answered", s.p.poll() is None)
check("unknown method", s.ask("textDocument/nothing", textDocument={"uri": "file:///tmp/a.w2s"})["error"]["code"] == -32601)
check("a document that is not open", s.ask("textDocument/hover", textDocument={"uri": "x"})["error"]["code"] == -32602)
check("params of the wrong shape", "error" in s.ask("textDocument/hover", textDocument=[1]))
s.raw(b"Content-Length: 9\r\n\r\n{\"id\": 1,")
check("no JSON", s.read()["error"]["code"] == -32700)
s.note("textDocument/didClose", textDocument={"uri": "file:///tmp/a.w2s"})
check("closing takes the messages back", s.read()["params"]["diagnostics"] == [])
check("shutdown", s.ask("shutdown")["result"] is None)
check("after shutdown", s.ask("textDocument/hover")["error"]["code"] == -32600)
s.note("exit")
check("exit status", s.p.wait(5) == 0)
for data in (b"", b"Content-Length: 99999999999\r\n\r\n", b"nonsense\r\n\r\n", b"Content-Length: 5\r\n\r\n{}", b"x" * 4000):
    p = subprocess.run([W2S, "lsp"], input=data, capture_output=True, timeout=10)
    check(f"not a conversation: {data[:20]}", p.returncode == 1, p)
