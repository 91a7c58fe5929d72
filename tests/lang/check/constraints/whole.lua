return {
    kind = "constraint",
    title = "the student says one of the classes 1 and 2",
    params = { weight = { type = "number", default = 1, min = 0, max = 10 } },
    broken = function(t)
        return t.params.weight * -log(column(t.student.probs, 1) + column(t.student.probs, 2))
    end,
}
