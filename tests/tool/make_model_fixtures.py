#!/usr/bin/python3
# make_model_fixtures.py -- prints tests/unit/fixtures/model.txt: trees and neighbours by scikit-learn 1.2.
#   /usr/bin/python3 tests/tool/make_model_fixtures.py > tests/unit/fixtures/model.txt
# The tables are made anew by test_fit.c. A tree is only printed when five orders of the features give the
# same one: its best splits are unique, so that it does not matter how ties are broken.
#   tree TABLE N TRAINED DEPTH MIN_LEAF CRITERION NODES, then FEATURE THRESHOLD ROWS a node in preorder, then
#   the predicted classes of the other rows; knn TABLE N TRAINED K, then the votes of the other rows;
#   logistic TABLE N TRAINED L2 LOSS, the least mean loss + L2/2 |W|^2. Of two classes scikit-learn has one
#   column w where W has two, which at the optimum are w/2 and -w/2: |W|^2 is |w|^2 / 2.
import sys

import numpy as np
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.tree import DecisionTreeClassifier


class Lcg:
    """Knuth's MMIX generator; 24 bits a draw, as in test_fit.c."""

    def __init__(self, seed):
        self.s = seed

    def draw(self):
        self.s = (self.s * 6364136223846793005 + 1442695040888963407) % 2**64
        return self.s >> 40


def clouds(n, d=6, classes=3):
    g, x, y = Lcg(1), np.zeros((n, d), np.float32), np.zeros(n, int)
    for i in range(n):
        y[i] = g.draw() % classes
        for k in range(d):
            v = (g.draw() + g.draw() + g.draw()) >> 3
            x[i, k] = np.float32((v + (2**21 if k == y[i] else 0)) / 2**23)
    return x, y


def mail(n, d=20):
    """Sparse columns, two classes: shaped like counts of words."""
    g, x, y = Lcg(2), np.zeros((n, d), np.float32), np.zeros(n, int)
    for i in range(n):
        v = []
        for k in range(d):
            empty, value = g.draw() % 4 != 0, g.draw() >> 4
            v.append(0 if empty else value)
            x[i, k] = np.float32(v[k] / 2**20)
        y[i] = int(v[0] + v[1] + (g.draw() >> 5) > v[2] + v[3] + 2**18)
    return x, y


def digits(n):
    d = load_digits()
    return (d.data[:n] / 16).astype(np.float32), d.target[:n]


def down(t):
    f = np.float32(t)
    return f if float(f) <= t else np.nextafter(f, np.float32(-np.inf))


def structure(tree):
    return [(f, down(t) if f >= 0 else np.float32(0), n) for f, t, n in
            zip(tree.feature, tree.threshold, tree.n_node_samples)]


def tree_case(name, x, y, train, weight, **settings):
    fits = [DecisionTreeClassifier(random_state=s, **settings)
            .fit(x[:train], y[:train], sample_weight=weight) for s in range(5)]
    trees = [structure(f.tree_) for f in fits]
    if any(t != trees[0] for t in trees):
        sys.exit(f"{name}: ties between splits")
    print("tree %s %d %d %d %d %s %d" % (
        name, len(x), train, settings["max_depth"], settings["min_samples_leaf"],
        settings["criterion"], len(trees[0])))
    for f, t, n in trees[0]:
        print("%d %s %d" % (f if f >= 0 else -1, float(t).hex(), n))
    print("".join(map(str, fits[0].predict(x[train:]))))


def knn_case(name, x, y, train, k):
    p = KNeighborsClassifier(k, algorithm="brute").fit(x[:train].astype(float), y[:train])
    votes = np.rint(p.predict_proba(x[train:].astype(float)) * k).astype(int)
    print("knn %s %d %d %d" % (name, len(x), train, k))
    print("".join("".join(map(str, row)) for row in votes))


def logistic_case(name, x, y, train, l2):
    n, x, y = len(x), x[:train].astype(float), y[:train]
    share = 1 if y.max() > 1 else 0.5
    m = LogisticRegression(C=1 / (l2 * share * train), tol=1e-10, max_iter=100000).fit(x, y)
    p = m.predict_proba(x)[np.arange(train), y]
    print("logistic %s %d %d %r %r" % (name, n, train, l2,
                                      float(-np.log(p).mean() + l2 / 2 * share * (m.coef_**2).sum())))


def main():
    x, y = clouds(600)
    tree_case("clouds", x, y, 400, None, max_depth=4, min_samples_leaf=10, criterion="gini")
    tree_case("clouds", x, y, 400, None, max_depth=4, min_samples_leaf=10, criterion="entropy")
    g = Lcg(3)
    weight = np.array([1 + g.draw() % 4 for _ in range(400)], float)
    tree_case("weighted", x, y, 400, weight, max_depth=5, min_samples_leaf=8, criterion="gini")
    knn_case("clouds", x, y, 400, 5)
    x, y = mail(1500)
    tree_case("mail", x, y, 1000, None, max_depth=6, min_samples_leaf=20, criterion="gini")
    knn_case("mail", x, y, 1000, 9)
    logistic_case("mail", x, y, 1000, 0.001)
    x, y = digits(1797)
    tree_case("digits", x, y, 1200, None, max_depth=5, min_samples_leaf=20, criterion="gini")
    tree_case("digits", x, y, 1200, None, max_depth=5, min_samples_leaf=10, criterion="entropy")
    for l2 in 0.01, 0.0001:
        logistic_case("digits", x, y, 1200, l2)


main()
