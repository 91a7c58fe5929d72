#!/usr/bin/python3
# peer_torch.py -- the two examples as PyTorch scripts: an independent computation to compare results with, and
# a yardstick for speed. Not used by the build; needs Debian's python3-torch (and python3-numpy).
#   peer_torch.py digits [SEEDS]     peer_torch.py mnist [SEEDS]     peer_torch.py small: a step of 784-32-10
# Splits, starts and orders are drawn by NumPy and PyTorch, so results agree with w2s within seed noise only.
import gzip, math, os, sys, time

try:
    import numpy as np, torch
except ImportError:
    print("skipped: python3-torch is not installed")
    sys.exit(0)

here = os.path.dirname(os.path.abspath(__file__))
top = os.path.join(here, "..", "..")


def idx(name, offset):
    with open(os.path.join(top, "examples", name), "rb") as f:
        return np.frombuffer(f.read(), np.uint8, offset=offset)


def digits():
    path = os.path.join(top, "stdlib", "data", "digits.csv.gz")
    rows = []
    with gzip.open(path, "rt") as f:
        for line in f:
            cells = line.strip().split(",")
            if cells[0].isdigit():
                rows.append([int(c) for c in cells])
    rows = np.array(rows)
    return torch.tensor(rows[:, :64] / 16, dtype=torch.float32), torch.tensor(rows[:, 64])


def mlp(d, hidden, c):
    sizes, layers = [d, *hidden, c], []
    for a, b in zip(sizes, sizes[1:]):
        layers += [torch.nn.Linear(a, b), torch.nn.ReLU()]
    return torch.nn.Sequential(*layers[:-1])


def train(model, x, target, loss, lr, epochs, batch):
    optimiser, n = torch.optim.Adam(model.parameters(), lr=lr), len(x)
    total, step = epochs * math.ceil(n / batch), 0
    for _ in range(epochs):
        order = torch.randperm(n)
        for i in range(0, n, batch):
            rows = order[i:i + batch]
            optimiser.zero_grad()
            loss(model(x[rows]), target[rows], step / total).backward()
            optimiser.step()
            step += 1
    return model


def soft(z, t, _):
    return -(t * torch.log_softmax(z, 1)).sum(1).mean()


def log_confidence(z, t, progress, alpha=0.5, warmup=0.2):
    a = alpha * min(1, progress / warmup)
    own = torch.nn.functional.one_hot(z.detach().argmax(1), z.shape[1])
    return soft(z, (1 - a) * t + a * own, progress)


def gold(z, y, _):
    return torch.nn.functional.cross_entropy(z, y)


def accuracy(model, x, y):
    with torch.no_grad():
        return (model(x).argmax(1) == y).float().mean().item()


def probabilities(model, x):
    with torch.no_grad():
        return torch.softmax(model(x), 1)


def one_seed(name, seed):
    torch.manual_seed(seed)
    c = 10
    if name == "digits":
        x, y = digits()
        order = torch.randperm(len(x))
        a, b = round(0.25 * len(x)), round(0.75 * len(x))
        g, t, s = order[:a], order[a:b], order[b:]
        weak, strong, lr, te, tb, se, sb = [8], [256, 256], 3e-3, 30, 32, 20, 64
        xt, yt = x[s], y[s]
    else:
        n = 60000
        x = torch.tensor(idx("train-images-idx3-ubyte", 16).reshape(n, 784) / np.float32(255))
        y = torch.tensor(idx("train-labels-idx1-ubyte", 8).astype(np.int64))
        xt = torch.tensor(idx("t10k-images-idx3-ubyte", 16).reshape(-1, 784) / np.float32(255))
        yt = torch.tensor(idx("t10k-labels-idx1-ubyte", 8).astype(np.int64))
        order = torch.randperm(n)
        g, t = order[:500], order[n // 2:]
        weak, strong, lr, te, tb, se, sb = [32], [512, 512], 1e-3, 20, 32, 5, 128
    d = x.shape[1]
    teacher = train(mlp(d, weak, c), x[g], y[g], gold, lr, te, tb)
    target = probabilities(teacher, x[t])
    students = {"teacher": teacher}
    for label, loss, labels in (("naive", soft, target), ("confident", log_confidence, target), ("ceiling", gold, y[t])):
        torch.manual_seed(seed)
        students[label] = train(mlp(d, strong, c), x[t], labels, loss, 1e-3, se, sb)
    return {k: accuracy(m, xt, yt) for k, m in students.items()}


def small(): # 300 steps of 32 rows, as small_teacher.w2s; the median of nine trainings, after one to warm up
    x = torch.tensor(idx("train-images-idx3-ubyte", 16).reshape(60000, 784)[:480] / np.float32(255))
    y = torch.tensor(idx("train-labels-idx1-ubyte", 8)[:480].astype(np.int64))
    seconds = []
    for _ in range(10):
        start = time.perf_counter()
        train(mlp(784, [32], 10), x, y, gold, 1e-3, 20, 32)
        seconds.append(time.perf_counter() - start)
    print(f"PyTorch {torch.__version__}, {torch.get_num_threads()} threads: {sorted(seconds[1:])[4] / 300 * 1e6:.1f} "
          f"microseconds a step; the first time {seconds[0] / 300 * 1e6:.1f}")


def main():
    name = sys.argv[1] if len(sys.argv) > 1 else "digits"
    seeds = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    torch.set_num_threads(int(os.environ.get("THREADS", os.cpu_count())))
    if name == "small":
        return small()
    start = time.time()
    results = [one_seed(name, s) for s in range(seeds)]
    for k in results[0]:
        v = np.array([r[k] for r in results])
        print(f"{k:10s} {v.mean():.4f}  " + " ".join(f"{a:.4f}" for a in v))
    print(f"{time.time() - start:.1f} s, PyTorch {torch.__version__}, {torch.get_num_threads()} threads")


main()
