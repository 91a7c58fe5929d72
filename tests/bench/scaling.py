#!/usr/bin/env python3
# scaling.py -- one thread beside two: a large cell, many small ones; and what a step of a small model takes.
#   scaling.py W2S [RUNS]
# The runs take turns. One during which others had more than a twentieth of a core says nothing and is repeated, for a
# while; how many were is printed. Seconds are those of the run itself, starting up and compiling excluded.
import json, os, resource, statistics, subprocess, sys, time

w2s, runs = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 7
top = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")


def busy():  # seconds of all processors since the machine started
    with open("/proc/stat") as f:
        user, nice, system, _, _, irq, soft = map(int, f.readline().split()[1:8])
    return (user + nice + system + irq + soft) / os.sysconf("SC_CLK_TCK")


def own():
    r = resource.getrusage(resource.RUSAGE_CHILDREN)
    return r.ru_utime + r.ru_stime


def run(arguments):  # seconds of the run, and whether it was alone
    before, mine, start = busy(), own(), time.perf_counter()
    out = subprocess.run([w2s, "run", "-q", "--json", *arguments], capture_output=True, text=True,
                         env={**os.environ, "W2S_STORE": ""})
    wall = time.perf_counter() - start
    others = busy() - before - (own() - mine)
    return json.loads(out.stdout)["run"]["seconds"], others < 0.05 * wall + 0.02


def medians(commands):
    seconds, dropped, patience = [[] for _ in commands], 0, 4 * runs
    while min(map(len, seconds)) < runs and patience > 0:
        patience -= 1
        for taken, arguments in zip(seconds, commands):
            if len(taken) < runs:
                s, alone = run(arguments)
                taken += [s] if alone else []
                dropped += not alone
    return [statistics.median(s) if s else float("nan") for s in seconds], dropped


def scaling(what, file, *arguments):
    (one, two), dropped = medians([["-j", n, *arguments, os.path.join(top, file)] for n in ("1", "2")])
    print(f"{what:28s} 1 thread {one:7.3f} s   2 threads {two:7.3f} s   ratio {one / two:.2f}   ({dropped} runs dropped)")


def small_steps():
    file = os.path.join(top, "tests/bench/small_teacher.w2s")
    for n in ("1", "2"):
        (few, many), dropped = medians([["-j", n, "--set", f"rounds={r}", file] for r in (100, 1100)])
        print(f"{'784-32-10, 32 rows a step':28s} {n} thread{'s' * (n > '1')} {(many - few) / 15000 * 1e6:.1f} microseconds a step"
              f"   ({dropped} runs dropped)")


scaling("one large cell", "tests/bench/large_cell.w2s")
scaling("many small cells", "examples/digits.w2s", "--seeds", "0..9")
if os.path.exists(os.path.join(top, "examples/train-images-idx3-ubyte")):
    small_steps()
