#!/usr/bin/env python3
# plan_scale.py -- plans of 100, 1,000 and 10,000 cells: seconds, memory, and the slope between them on a log-log
# scale (1 is linear).   plan_scale.py W2S
import math, os, resource, subprocess, sys, tempfile, time

FILE = """experiment "plan" {{ seeds = 0..4 }}
param lambda = 0.5
param scale = 1
data d = builtin("digits") {{ split = {{ a: 10%, b: 10%, c: 5% }} }}
teacher t {{ model = linear(); train = d.a; epochs = 1 }}
guidance soft = soft_labels(from: t, temperature: 2)
student s {{
  model = mlp(hidden: [4])
  train = d.b
  learn = (1 - lambda) * cross_entropy(labels) + lambda * scale * soft
  epochs = 1
}}
sweep {{
  lambda = [{a}]
  scale = [{b}]
}}
evaluate {{ models = [t, s, ceiling(s)]; on = [d.c]; metrics = [accuracy, pgr] }}
"""


def plan(program, cells):
    points = cells // 5
    b = min(40, points)
    a = points // b
    text = FILE.format(a=", ".join(f"{i + 1}/{a + 1}" for i in range(a)), b=", ".join(str(i + 1) for i in range(b)))
    with tempfile.NamedTemporaryFile("w", suffix=".w2s") as f:
        f.write(text)
        f.flush()
        best = []
        for _ in range(5):
            start = time.perf_counter()
            subprocess.run([program, "plan", f.name], stdout=subprocess.DEVNULL, check=True)
            best.append(time.perf_counter() - start)
    return sorted(best)[2], resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


sizes = (100, 1000, 10000)
results = [plan(sys.argv[1], n) for n in sizes]
for n, (seconds, mib) in zip(sizes, results):
    print(f"{n:6d} cells  {seconds:7.3f} s  {mib:6.1f} MiB")
print(f"slope from 1,000 to 10,000 cells: {math.log10(results[2][0] / results[1][0]):.2f}")
