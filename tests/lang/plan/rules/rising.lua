return {
    kind = "constraint",
    title = "the larger, the more of kind 1",
    reads = { "features" },
    broken = function(t)
        local more = one_hot(fill(t.feature("size"), t.rows, 1), t.n_features)
        return column(t.student.probs, 2) - column(t.student.forward(t.features + more).probs, 2)
    end,
}
