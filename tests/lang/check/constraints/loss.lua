return {
    kind = "regularizer",
    title = "no constraint",
    loss = function(t) return mean(t.student.probs) end,
}
