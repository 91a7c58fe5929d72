#!/usr/bin/env python3
# memory.py -- the peak of a run's memory beside what its plan needs: data, parameters, optimiser, activations.
#   memory.py W2S FILE [ARGUMENT OF RUN...]
# The plan says the data; each thread trains one model at a time: its values, its start, their gradient and Adam's two
# moments; and for one batch the features, each hidden layer and its gradient, logits, targets and their gradient.
# The program itself is measured by `w2s check` of the same file, and counted apart.
import json, os, re, subprocess, sys, time

w2s, file, arguments = sys.argv[1], sys.argv[2], sys.argv[3:]
MIB = 1 << 20


def peak(command): # read while it runs: what wait4 tells includes this program before it became that one
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                             env={**os.environ, "W2S_STORE": ""})
    most = 0
    while child.poll() is None:
        with open(f"/proc/{child.pid}/status") as f:
            most = max([most, *(int(kib) * 1024 for kib in re.findall(r"VmHWM:\s*(\d+)", f.read()))])
        time.sleep(0.001)
    return most


def data_bytes(step):
    value = 1 if "source: idx(" in step["attrs"] else 4
    return step["rows"] * (step["features"] * value + 4)


def training_bytes(step):
    hidden = sum(map(int, re.findall(r"\d+", re.search(r"hidden: \[([^]]*)\]|$", step["attrs"]).group(1) or "")))
    batch = int(re.search(r"batch: (\d+)", step["attrs"]).group(1))
    return 4 * (5 * step["parameters"] + batch * (step["features"] + 2 * hidden + 3 * step["classes"]))


plan_arguments = [a for i, a in enumerate(arguments) if a not in ("-j",) and (i == 0 or arguments[i - 1] != "-j")]
threads = int(arguments[arguments.index("-j") + 1]) if "-j" in arguments else os.cpu_count()
steps = json.loads(subprocess.run([w2s, "plan", "--json", *plan_arguments, file], capture_output=True, text=True).stdout)["steps"]
data = sum(data_bytes(s) for s in steps if s["kind"] in ("load", "shift"))
trainings = sum(sorted((training_bytes(s) for s in steps if s["kind"] == "train"), reverse=True)[:threads])
program = max(peak([w2s, "check", file]) for _ in range(20)) # it is short
run = peak([w2s, "run", "-q", *arguments, file])
print(f"{os.path.basename(file)}, {threads} thread{'s' * (threads > 1)}: peak {run / MIB:.1f} MiB, the program {program / MIB:.1f}, "
      f"data {data / MIB:.1f}, training {trainings / MIB:.1f}: ratio {run / (data + trainings):.2f}, "
      f"without the program {(run - program) / (data + trainings):.2f}")
