return {
    kind = "constraint",
    title = "other rows",
    reads = { "features" },
    broken = function(t)
        return column(t.student.probs, 1) - column(t.student.forward(t.features + 1).probs, 1)
    end,
}
