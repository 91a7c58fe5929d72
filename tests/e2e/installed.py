"""installed.py -- the Python module over the installed library: its numbers are those of `w2s run --json`.

    python3 installed.py W2S FILE
"""
import json
import locale
import math
import os
import subprocess
import sys
import tempfile

import w2s

program, path = sys.argv[1:]
small = open(path, encoding="utf-8").read()


def same(a, b):
    return math.isnan(a) if b is None else a == b


def check_results():
    out = subprocess.run([program, "run", "-q", "--no-store", "--json", path], stdout=subprocess.PIPE)
    wanted = json.loads(out.stdout)
    told = []
    experiment = w2s.compile(path)
    results = experiment.run(threads=2, progress=told.append)
    assert experiment.plan.seeds == wanted["seeds"] and experiment.plan.title == wanted["experiment"]
    assert results.digest == wanted["digest"] and len(results) == len(wanted["results"]) > 20
    for mine, his in zip(results, wanted["results"]):
        assert (mine.model, mine.on, mine.metric, mine.params, mine.control) == (
            his["model"], his["on"], his["metric"], his["params"], his["control"])
        assert mine.refused == his.get("refused") and len(mine.values) == len(his.get("values", []))
        assert all(map(same, mine.values, his.get("values", [])))
        for name in ("mean", "low", "high"):
            assert same(getattr(mine, name), his.get(name)), (mine, his)
    assert len(results.claims) == len(wanted["claims"]) > 0
    for mine, his in zip(results.claims, wanted["claims"]):
        assert mine.held == his["held"] and mine.text == his["text"] and mine.params == his["params"]
        for name in ("difference", "bound", "p", "p_holm", "level"):
            assert same(getattr(mine, name), his.get(name)), (mine, his)
    assert told[-1].done == told[-1].total == experiment.plan.steps
    found = results.find(metric="accuracy", model="t", on="d.c", width=8)
    assert found and all(r.params["width"] == 8 and r.metric == "accuracy" for r in found)


def check_tests():
    text = small.replace("metrics = [accuracy, brier, pgr]", "metrics = [accuracy, brier]\n  tests = wilcoxon")
    assert text != small
    with tempfile.TemporaryDirectory() as folder:
        written = os.path.join(folder, "tests.w2s")
        with open(written, "w", encoding="utf-8") as file:
            file.write(text)
        out = subprocess.run([program, "run", "-q", "--no-store", "--json", written], stdout=subprocess.PIPE)
    wanted = json.loads(out.stdout)["tests"]
    tests = w2s.compile_text(text).run().tests
    assert len(tests) == len(wanted) > 10
    for mine, his in zip(tests, wanted):
        for name in ("test", "models", "on", "metric", "params", "exact"):
            assert getattr(mine, name) == his[name], (mine, his)
        for name in ("difference", "low", "high", "p_greater", "p", "p_holm", "cliffs_delta"):
            assert same(getattr(mine, name), his[name]), (mine, his)
        assert mine.refused is None


def check_settings():
    experiment = w2s.compile_text(small, set={"lambda": 0.25, "width": "2 * 3"}, seeds="[5]")
    assert experiment.plan.seeds == [5] and experiment.plan.points == 1
    with tempfile.TemporaryDirectory() as store:
        cold = experiment.run(store=store)
        warm = experiment.run(store=store)
        assert cold.digest == warm.digest and cold.summary.made > 0 and warm.summary.made == 0


def raises(kind, what):
    try:
        what()
    except kind as error:
        return error
    raise AssertionError("no " + kind.__name__)


def check_failures():
    error = raises(w2s.SourceError, lambda: w2s.compile_text("experiment"))
    assert error.diagnostics[0].code == "W2S0201" and error.diagnostics[0].span.line == 1
    assert raises(w2s.Error, lambda: w2s.compile("none.w2s")).status == w2s.MISSING
    assert raises(w2s.Error, lambda: w2s.compile(path, set={"none": 1})).status == w2s.MISUSE
    experiment = w2s.compile(path)
    stopped = raises(w2s.RunError, lambda: experiment.run(progress=lambda event: True))
    assert stopped.status == w2s.INTERRUPTED and len(stopped.results) > 0
    assert raises(KeyError, lambda: experiment.run(progress=lambda event: {}[event])) is not None


def check_locale():
    """A program that writes numbers with a comma is refused, and not given other numbers."""
    locale.setlocale(locale.LC_NUMERIC, "de_DE.UTF-8")
    assert raises(w2s.Error, lambda: w2s.compile(path)).status == w2s.MISUSE
    locale.setlocale(locale.LC_NUMERIC, "C")
    w2s.compile(path)


check_results()
check_tests()
check_settings()
check_failures()
if os.environ.get("LOCPATH"):
    check_locale()
print("ok")
