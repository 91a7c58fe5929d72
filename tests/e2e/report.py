"""report.py -- report.py PAGE.html SHOWN.json [PICTURE.png]: a page of `w2s report` in headless Chromium, driven through its debugging
pipe (Chrome DevTools Protocol: JSON ended by a zero byte). SHOWN is `w2s show --json` of the same run."""
import base64
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from html.parser import HTMLParser


def check(name, right, seen=""):
    print(("ok " if right else "FAILED ") + name + ("" if right else f": {seen!r:.400}"))


class Browser:
    def __init__(self, folder):
        to_read, self.to = os.pipe()
        self.answers, from_write = os.pipe()
        name = shutil.which("chromium") or shutil.which("chromium-browser")
        self.process = subprocess.Popen(
            ["sh", "-c", f'exec "$@" 3<&{to_read} 4>&{from_write}', "sh", name, "--headless", "--no-sandbox", "--disable-gpu",
             "--no-first-run", "--disable-background-networking", "--remote-debugging-pipe", f"--user-data-dir={folder}", "about:blank"],
            pass_fds=[to_read, from_write], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(to_read)
        os.close(from_write)
        self.rest, self.number, self.session, self.events = b"", 0, None, []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]

    def message(self):
        while b"\0" not in self.rest:
            more = os.read(self.answers, 1 << 16)
            if not more:
                raise RuntimeError("the browser is gone")
            self.rest += more
        text, self.rest = self.rest.split(b"\0", 1)
        return json.loads(text)

    def call(self, method, **params):
        self.number += 1
        request = {"id": self.number, "method": method, "params": params}
        if self.session:
            request["sessionId"] = self.session
        os.write(self.to, json.dumps(request).encode() + b"\0")
        while True:
            answer = self.message()
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]
            self.events.append(answer)

    def wait(self, event):
        while not any(e.get("method") == event for e in self.events):
            self.events.append(self.message())

    def js(self, text):
        result = self.call("Runtime.evaluate", expression=text, returnByValue=True)
        if "exceptionDetails" in result:
            raise RuntimeError(result["exceptionDetails"]["exception"]["description"])
        return result["result"].get("value")

    def close(self):
        self.session = None
        self.call("Browser.close")
        self.process.wait(10)


class Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.policy, self.inside, self.text = [], "", None, {}

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        attrs = dict(attrs)
        if tag == "meta" and attrs.get("http-equiv") == "Content-Security-Policy":
            self.policy = attrs["content"]
        self.inside = "data" if attrs.get("id") == "data" else tag

    def handle_endtag(self, tag):
        self.inside = None

    def handle_data(self, data):
        self.text[self.inside] = self.text.get(self.inside, "") + data


def check_file(page):
    tags = Tags()
    tags.feed(page)
    check("the file: no tag comes from the run", "img" not in tags.tags and "b" not in tags.tags and tags.tags.count("script") == 2, tags.tags)
    for tag in "style", "script":
        digest = base64.b64encode(hashlib.sha256(tags.text[tag].encode()).digest()).decode()
        check(f"the policy has the digest of the {tag}", f"{tag}-src 'sha256-{digest}'" in tags.policy, tags.policy)
    check("the policy allows nothing else", tags.policy.startswith("default-src 'none'") and "unsafe" not in tags.policy, tags.policy)
    return json.loads(tags.text["data"])


PLOT = """[...document.querySelectorAll('#plots figure')].map(f => ({ title: f.querySelector('figcaption').textContent,
  label: f.querySelector('svg').getAttribute('aria-label'), rows: f.querySelectorAll('tbody tr').length,
  ticks: [...f.querySelectorAll('svg text[text-anchor=end]')].map(t => [Number(t.textContent), Number(t.getAttribute('y')) - 4]),
  marks: [...f.querySelectorAll('svg g g')].map(g => [g.querySelector('title').textContent, (g.querySelector('path.mark') || g).getAttribute('d')]) }))"""


def check_plots(browser, shown):
    """Ends of intervals, read off the picture by its ticks, are those of the numbers."""
    figures = browser.js(PLOT)
    check("the file's plots", len(figures) == 2 + 3, [f["title"] for f in figures])
    known = {f"{r['metric']} of {r['model']}{', ' + r['params'] if r['params'] else ''} on {r['on']}": r for r in shown["results"]}
    for f in figures:
        (v0, y0), (v1, y1) = f["ticks"][0], f["ticks"][-1]
        worst = 0
        for tip, path in f["marks"]:
            r = known[tip.rsplit(": ", 1)[0]]
            low, high = map(float, re.fullmatch(r"M[^,]+,([^h]+)h6m-3,0V([^m]+)m-3,0h6", path).groups())
            for end, y in (r["low"], low), (r["high"], high):
                worst = max(worst, abs(v0 + (y - y0) / (y1 - y0) * (v1 - v0) - end))
        check(f"{f['title']}: intervals where they belong", f["marks"] and worst < 1e-6 * abs(v1 - v0), worst)
        check(f"{f['title']}: named, with a table", f["label"] == f["title"] and f["rows"] == len(f["marks"]), (f["label"], f["rows"]))


def toggle(browser, legend, value):
    browser.js(f"""[...document.querySelectorAll('#filters fieldset')].find(f => f.querySelector('legend').textContent === {legend!r})
      .querySelectorAll('label').forEach(l => {{ if (l.textContent.trim() === {value!r}) l.querySelector('input').click(); }})""")


def check_filters(browser, shown):
    rows = lambda: browser.js("[...document.querySelectorAll('#results tbody tr')].map(r => [...r.cells].map(c => c.textContent))")
    told = lambda: browser.js("document.getElementById('shown').textContent")
    n, before = len(shown["results"]), rows()
    check("filters: all is shown", told() == f"{n} of {n} numbers are shown.", told())
    for legend, value, member, column in ("models", "naive", "model", 0), ("alpha", "0.25", "params", 1):
        toggle(browser, legend, value)
        left = sum(value not in r[member] for r in shown["results"])
        check(f"filters: without {value}", told() == f"{left} of {n} numbers are shown." and left < n, told())
        check(f"filters: no row of {value}", len(rows()) < len(before) and all(value not in r[column] for r in rows()), rows())
        check(f"filters: no mark of {value}", not browser.js(f"[...document.querySelectorAll('#overview svg title')].some(t => t.textContent.includes({value!r}))"))
        toggle(browser, legend, value)
    toggle(browser, "data", "d.test")
    check("filters: one table is left", browser.js("document.querySelectorAll('#results table').length") == 1)
    toggle(browser, "data", "d.test")
    toggle(browser, "metrics", "nll")
    check("filters: no column of a metric", not browser.js("[...document.querySelectorAll('#results th')].some(t => t.textContent === 'nll')"))
    toggle(browser, "metrics", "nll")
    check("filters: all is back", rows() == before, rows())
    return before


def check_results(rows, shown):
    wanted = shown["results"][0]
    text = f"{wanted['mean']:.4f} [{wanted['low']:.4f}, {wanted['high']:.4f}]"
    check("a number stands in its table", [wanted["model"], wanted["params"], text] == rows[0][:3], rows[0])


def check_colours(browser):
    page = lambda: browser.js("getComputedStyle(document.body).backgroundColor")
    seen = lambda selector: browser.js(f"getComputedStyle(document.querySelector({selector!r})).display") != "none"
    media = lambda kind, scheme: browser.call("Emulation.setEmulatedMedia", media=kind, features=[{"name": "prefers-color-scheme", "value": scheme}])
    theme = lambda value: browser.js(f"(t => {{ t.value = {value!r}; t.dispatchEvent(new Event('change')); }})(document.getElementById('theme'))")
    media("screen", "light")
    check("light", page() == "rgb(255, 255, 255)" and seen("#filters"), page())
    media("screen", "dark")
    check("dark, as the system is", page() == "rgb(20, 23, 26)", page())
    theme("light")
    check("light, as the reader says", page() == "rgb(255, 255, 255)", page())
    media("screen", "light")
    theme("dark")
    check("dark, as the reader says", page() == "rgb(20, 23, 26)", page())
    media("print", "dark")
    check("paper is white, without filters and buttons", page() == "rgb(255, 255, 255)" and not seen("#filters") and not seen(".tools"), page())
    closed = "document.querySelectorAll('details:not([open])').length"
    before = browser.js(closed)
    browser.js("dispatchEvent(new Event('beforeprint'))")
    check("on paper all tables are open", before > 1 and browser.js(closed) == 1, (before, browser.js(closed)))
    browser.js("dispatchEvent(new Event('afterprint'))")
    check("and closed again", browser.js(closed) == before)
    media("screen", "light")
    theme("auto")


def check_data(browser, shown):
    """The buttons under a figure save what it shows."""
    browser.js("""(() => { window.kept = []; URL.createObjectURL = (b) => { window.kept.push(b); return '#'; };
      document.querySelectorAll('#plots figure:first-child button').forEach(b => b.click()); })()""")
    texts = browser.call("Runtime.evaluate", expression="Promise.all(kept.map(b => b.text()))", awaitPromise=True, returnByValue=True)["result"]["value"]
    lines, objects = texts[0].split("\r\n"), json.loads(texts[1])
    means = [r["mean"] for r in shown["results"] if r["metric"] == "accuracy" and r["on"] == "d.test |> noisy" and r["params"].endswith("epochs = 2")]
    check("CSV has every digit", lines[0] == "alpha,model,mean,low,high,level,refused" and
          sorted(float(x.split(",")[2]) for x in lines[1:] if x) == sorted(means), texts[0])
    check("JSON has every digit", sorted(x["mean"] for x in objects) == sorted(means), texts[1])


PLAN = """[[...document.querySelectorAll('#plan rect')].map(r => [r.parentNode.querySelector('title').textContent,
  ...['x', 'y', 'width', 'height'].map(a => Number(r.getAttribute(a))), r.classList.contains('gold')]),
  [...document.querySelectorAll('#plan path')].map(p => p.getAttribute('d').match(/[-0-9.]+/g).map(Number))]"""


def check_plan(browser, data):
    boxes, edges = browser.js(PLAN)
    steps = data["plan"]["steps"]
    shown = {name.split("; ")[0] for name, *_ in boxes}
    wanted = {f"{s['kind']} {s['label']}" for s in steps if s["kind"] in ("load", "split", "shift", "train", "guide")}
    check("the plan has a box for every model and all data", wanted <= shown, wanted - shown)
    measured = sum(s["kind"] == "evaluate" for s in steps)
    check("and one for what is measured", f"evaluate {measured} numbers" in shown, shown)
    gold = {name for name, *_, thick in boxes if thick}
    check("thick frames read gold labels", gold == {f"{s['kind']} {s['label']}; reads gold labels" for s in steps if s["gold"] and s["kind"] != "evaluate"}, gold)
    apart = all(abs(a[1] - b[1]) >= a[3] or abs(a[2] - b[2]) >= a[4] for i, a in enumerate(boxes) for b in boxes[:i])
    check("boxes are apart", apart, boxes)
    check("edges go to the right", len(edges) >= len(boxes) - 1 and all(e[0] < e[-2] for e in edges), edges)


def check_models(browser, data):
    """Circles of a reliability diagram, read off the picture by its ticks, are at the bins' numbers; bars are as long as their shares."""
    model = data["run"]["results"][0]["model"]
    first = next(p for p in data["predictions"] if p["model"] == model and p["on"] == "d.test")
    seen = browser.js(f"""(f => [...f.querySelectorAll('svg > g > g')].filter(g => g.querySelector('title').textContent.startsWith({model + ','!r}))
      .map(g => g.querySelector('path').getAttribute('d').match(/[-0-9.]+/g).map(Number)))(document.querySelector('#calibration figure'))""")
    ticks = browser.js("""[...document.querySelectorAll('#calibration figure:first-child svg text:not(.dim)')].filter(t => /^[0-9.]+$/.test(t.textContent))
      .map(t => [t.getAttribute('text-anchor'), Number(t.textContent), Number(t.getAttribute('x')), Number(t.getAttribute('y'))])""")
    across, up = [(t[1], t[2]) for t in ticks if t[0] == "middle"], [(t[1], t[3] - 4) for t in ticks if t[0] == "end"]
    value = lambda scale, at: scale[0][0] + (at - scale[0][1]) / (scale[-1][1] - scale[0][1]) * (scale[-1][0] - scale[0][0])
    read = [(value(across, d[0] + 4.5), value(up, d[1])) for d in seen]
    bins = [(b["confidence"], b["right"] / b["n"]) for b in first["bins"] if b["n"]]
    check("the diagram has the bins", len(read) == len(bins) and all(abs(a - c) + abs(b - d) < 1e-9 for (a, b), (c, d) in zip(read, bins)), (read, bins))
    bars = browser.js("[...document.querySelectorAll('#classes figure:first-child rect')].map(r => Number(r.getAttribute('width')))")
    shares = [c["right"] / c["n"] for i in range(10) for p in data["predictions"] if p["on"] == "d.test" for c in p["classes"][i:i + 1]]
    full = max(b / s for b, s in zip(bars, shares) if s > 0.05)
    check("the bars have the shares", len(bars) == len(shares) and all(abs(b - max(s * full, 1)) < 1e-6 for b, s in zip(bars, shares)), (bars, shares))
    curves = browser.js("[...document.querySelectorAll('#training figcaption')].map(f => f.textContent)")
    check("a curve for every model", curves == ["Loss of weak", "Loss of naive", "Loss of confident"], curves)
    epochs = browser.js("document.querySelectorAll('#training figure:first-child tbody tr').length")
    check("with all epochs", epochs == 10 == len(data["curves"][0]["loss"]), epochs)


def main():
    page, shown = sys.argv[1], json.load(open(sys.argv[2], encoding="utf-8"))
    data = check_file(open(page, encoding="utf-8").read())
    check("the page has the run", data["run"] == shown)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        browser = Browser(folder)
        for part in "Runtime", "Log", "Network", "Page":
            browser.call(f"{part}.enable")
        browser.call("Page.navigate", url="file://" + os.path.abspath(page))
        browser.wait("Page.loadEventFired")
        check("the title is as it was written", browser.js("[document.title, document.querySelector('h1').textContent]") ==
              [shown["title"] + ": w2s report", shown["title"]])
        check("a claim is as it was written", browser.js("document.querySelector('#claims tbody strong').textContent") == shown["tests"][0]["title"])
        check("no element comes from the run", browser.js("document.querySelectorAll('img, b, iframe, object, [onerror]').length") == 0)
        check("sections", browser.js("[...document.querySelectorAll('main section')].map(s => s.id).join()").startswith("claims,results,overview,plots,sweep"))
        check_plots(browser, shown)
        check_results(check_filters(browser, shown), shown)
        check_plan(browser, data)
        check("the flow has all stages", browser.js("document.querySelectorAll('#flow tbody tr').length") == len(data["flow"]["stages"]))
        check_models(browser, data)
        check_colours(browser)
        check_data(browser, shown)
        if len(sys.argv) > 3:
            browser.call("Emulation.setDeviceMetricsOverride", width=1100, height=3200, deviceScaleFactor=1, mobile=False)
            open(sys.argv[3], "wb").write(base64.b64decode(browser.call("Page.captureScreenshot")["data"]))
        wrong = [e for e in browser.events if e.get("method") in ("Runtime.exceptionThrown", "Log.entryAdded") or
                 e.get("method") == "Runtime.consoleAPICalled" and e["params"]["type"] in ("error", "warning", "assert")]
        check("nothing on the console", not wrong, wrong)
        asked = [e["params"]["request"]["url"] for e in browser.events if e.get("method") == "Network.requestWillBeSent"]
        check("no request but for the page", all(url.startswith("file://") and url.endswith(".html") for url in asked) and asked, asked)
        browser.close()


main()
