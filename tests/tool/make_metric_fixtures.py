#!/usr/bin/python3
# make_metric_fixtures.py -- prints tests/unit/fixtures/metric.txt: metrics as scikit-learn computes them.
#   /usr/bin/python3 tests/tool/make_metric_fixtures.py > tests/unit/fixtures/metric.txt
# A case is `case N CLASSES`, a line for each row (its label, its probabilities times 64: exact in f32, and
# often tied), and the values of metrics. Every class occurs among the labels: without one, scikit-learn and
# w2s define some metrics differently, and tests/unit/test_metric_class.c has those by hand.
import numpy
import sklearn
from sklearn import metrics


def probabilities(rng, gold, classes, skill):
    """Rows of whole numbers that sum to 64, more on the label the more `skill`."""
    logits = rng.normal(size=(len(gold), classes))
    logits[numpy.arange(len(gold)), gold] += skill
    e = numpy.exp(logits)
    parts = numpy.floor(64 * e / e.sum(axis=1, keepdims=True))
    parts[numpy.arange(len(gold)), parts.argmax(axis=1)] += 64 - parts.sum(axis=1)
    return parts.astype(int)


def by_class(gold, p, said, classes):
    if classes == 2:
        return {
            "f1": metrics.f1_score(gold, said),
            "auroc": metrics.roc_auc_score(gold, p[:, 1]),
            "auprc": metrics.average_precision_score(gold, p[:, 1]),
        }
    return {
        "f1": metrics.f1_score(gold, said, average="macro"),
        "auroc": metrics.roc_auc_score(gold, p, multi_class="ovr", average="macro"),
        "auprc": metrics.average_precision_score(numpy.eye(classes)[gold], p, average="macro"),
    }


print("# by: /usr/bin/python3 tests/tool/make_metric_fixtures.py; scikit-learn", sklearn.__version__)
rng = numpy.random.default_rng(20240529)
for classes in (2, 2, 2, 3, 3, 5, 10):
    for n, skill in ((12 + 3 * classes, 1.0), (40 + classes, 2.0), (60, -1.0)):
        gold = numpy.concatenate([numpy.arange(classes), rng.integers(classes, size=n - classes)])
        parts = probabilities(rng, gold, classes, skill)
        said = parts.argmax(axis=1)
        print("case", n, classes)
        for label, row in zip(gold, parts):
            print(label, *row)
        print("accuracy", repr(float(metrics.accuracy_score(gold, said))))
        print("balanced_accuracy", repr(float(metrics.balanced_accuracy_score(gold, said))))
        for name, value in by_class(gold, parts / 64, said, classes).items():
            print(name, repr(float(value)))
