#!/usr/bin/python3
# make_label_model_fixtures.py -- prints tests/unit/fixtures/label_model.txt: label models fitted by a naive EM
# in double, written from the definition in runtime/eval/label_model.h without sharing a line with it.
#   /usr/bin/python3 tests/tool/make_label_model_fixtures.py > tests/unit/fixtures/label_model.txt
# A case is `case N V C ABSTENTIONS SMOOTHING`, the group of each voter, the prior that is given (or 0), a line
# of votes for each row ('.' abstains, 'k' votes, '!k' is not k, 'a/b/c' are probabilities in 64ths), the number
# of iterations, the parameters, and log p(y | votes) of the first five rows.
import itertools
import numpy


def chance_of(vote, row, says):
    """log of the chance of a vote, by one row of a confusion; a pseudo-likelihood for soft votes."""
    kind, what = vote
    if kind == "for":
        return numpy.log(says * row[what])
    if kind == "not":
        return numpy.log(says * (row.sum() - row[what]))
    return sum(p * numpy.log(says * row[j]) for j, p in enumerate(what) if p > 0)


def counts_of(vote, row):
    """Expected votes for each class."""
    kind, what = vote
    out = numpy.zeros(len(row))
    if kind == "for":
        out[what] = 1
    elif kind == "not":
        out[:] = row / (row.sum() - row[what])
        out[what] = 0
    else:
        out[:] = what
    return out


def speakers(votes, informative):
    return [v for v in range(len(votes)) if informative or votes[v] is not None]


def posterior(votes, group, model, informative):
    """log p(y | votes), and for each voter and y the chance that it is the one of its group who looked."""
    prior, confusion, silent = model
    log_p = numpy.log(prior)
    looked = {}
    for g in sorted(set(group)):
        own = [v for v in speakers(votes, informative) if group[v] == g]
        if not own:
            continue
        likelihood = numpy.zeros((len(own), len(prior)))
        for i, v in enumerate(own):
            for y in range(len(prior)):
                if votes[v] is None:
                    likelihood[i, y] = silent[v, y]
                else:
                    says = 1 - silent[v, y] if informative else 1
                    likelihood[i, y] = numpy.exp(chance_of(votes[v], confusion[v, y], says))
        log_p = log_p + numpy.log(likelihood.mean(axis=0))
        for i, v in enumerate(own):
            looked[v] = likelihood[i] / likelihood.sum(axis=0)
    return log_p - numpy.logaddexp.reduce(log_p), looked


def first_guess(votes, group, prior, informative):
    r = numpy.zeros(len(prior))
    speak = speakers(votes, informative)
    looked = {v: numpy.full(len(prior), 1 / sum(group[u] == group[v] for u in speak)) for v in speak}
    for v in speak:
        if votes[v] is not None:
            r += looked[v] * counts_of(votes[v], numpy.full(len(prior), 1 / len(prior)))
    return (r / r.sum() if r.sum() > 0 else prior), looked


def fit(rows, group, classes, informative, smoothing, given):
    V = len(group)
    uniform = numpy.full(classes, 1 / classes)
    model = (given if given is not None else uniform, numpy.full((V, classes, classes), 1 / classes),
             numpy.full((V, classes), 0.5))
    added = classes * smoothing * numpy.where(numpy.eye(classes, dtype=bool), 0.7, 0.3 / (classes - 1))
    for iteration in itertools.count():
        total = numpy.zeros(classes)
        cells = numpy.zeros((V, classes, classes))
        said, quiet = numpy.zeros((V, classes)), numpy.zeros((V, classes))
        for votes in rows:
            if not speakers(votes, informative):
                continue
            if iteration == 0:
                r, looked = first_guess(votes, group, model[0], informative)
            else:
                log_p, looked = posterior(votes, group, model, informative)
                r = numpy.exp(log_p)
            total += r
            for v, w in looked.items():
                for y in range(classes):
                    if votes[v] is None:
                        quiet[v, y] += w[y] * r[y]
                    else:
                        cells[v, y] += w[y] * r[y] * counts_of(votes[v], model[1][v, y])
                        said[v, y] += w[y] * r[y]
        new = (given if given is not None else (total + smoothing) / (total + smoothing).sum(),
               (cells + added) / (cells + added).sum(axis=2, keepdims=True),
               (quiet + smoothing) / (quiet + said + 2 * smoothing))
        moved = max(abs(a - b).max() for a, b in zip(new, model))
        model = new
        if iteration > 0 and moved < 1e-7:
            break
    if not informative:  # for people only: how often each abstains, by class
        r = numpy.array([numpy.exp(posterior(votes, group, model, False)[0]) for votes in rows])
        quiet = numpy.array([[sum(p[y] for p, votes in zip(r, rows) if votes[v] is None)
                              for y in range(classes)] for v in range(V)])
        model = (model[0], model[1], (quiet + smoothing) / (r.sum(axis=0) + 2 * smoothing))
    return model, iteration, [posterior(votes, group, model, informative)[0] for votes in rows[:5]]


def draw(rng, n, classes, kinds):
    gold = rng.choice(classes, size=n, p=numpy.arange(2, classes + 2) / numpy.arange(2, classes + 2).sum())
    rows = []
    for y in gold:
        votes = []
        for skill, silent, kind in kinds:
            if rng.random() < silent * (1.5 if y == 0 else 0.75):
                votes.append(None)
                continue
            said = y if rng.random() < skill else rng.integers(classes)
            if kind == "not":
                votes.append(("not", int((said + 1 + rng.integers(classes - 1)) % classes)))
            elif kind == "soft":
                p = rng.dirichlet(numpy.ones(classes)) + 2 * numpy.eye(classes)[said]
                parts = numpy.floor(64 * p / p.sum())
                parts[said] += 64 - parts.sum()
                votes.append(("soft", parts / 64))
            else:
                votes.append(("for", int(said)))
        rows.append(votes)
    return rows


def word(vote):
    if vote is None:
        return "."
    kind, what = vote
    return str(what) if kind == "for" else "!%d" % what if kind == "not" else "/".join(
        str(int(64 * p)) for p in what)


def print_case(rng, n, classes, kinds, group, informative, smoothing, given=None):
    rows = draw(rng, n, classes, kinds)
    model, iterations, first = fit(rows, group, classes, informative, smoothing, given)
    print("case", n, len(kinds), classes, int(informative), smoothing)
    print("groups", *group)
    print("given", *(given if given is not None else [0]))
    for votes in rows:
        print(*map(word, votes))
    print("iterations", iterations)
    flat = [*model[0]]
    for v, y in itertools.product(range(len(kinds)), range(classes)):
        flat += [*model[1][v, y], model[2][v, y]]
    print("params", *map(repr, map(float, flat)))
    print("posterior", *map(repr, map(float, numpy.concatenate(first))))


print("# by: /usr/bin/python3 tests/tool/make_label_model_fixtures.py; numpy", numpy.__version__)
rng = numpy.random.default_rng(1979)
dense = [(0.9, 0, "hard"), (0.7, 0, "hard"), (0.8, 0, "hard"), (0.6, 0, "hard")]
sparse = [(0.9, 0.5, "hard"), (0.8, 0.3, "hard"), (0.7, 0.6, "hard"), (0.85, 0.2, "hard"), (0.6, 0.4, "hard")]
mixed = [(0.9, 0.3, "hard"), (0.8, 0.2, "soft"), (0.9, 0.5, "not"), (0.7, 0.1, "hard"), (0.8, 0.4, "not")]
print_case(rng, 80, 2, dense, [0, 1, 2, 3], False, 0.1)
print_case(rng, 90, 2, sparse, [0, 1, 2, 3, 4], False, 0.1)
print_case(rng, 90, 2, sparse, [0, 1, 2, 3, 4], True, 0.1)
print_case(rng, 90, 3, mixed, [0, 1, 2, 3, 4], False, 0.1)
print_case(rng, 90, 3, mixed, [0, 1, 1, 3, 0], False, 0.5)
print_case(rng, 80, 4, mixed, [0, 1, 2, 2, 2], True, 1.0, numpy.array([0.4, 0.3, 0.2, 0.1]))
