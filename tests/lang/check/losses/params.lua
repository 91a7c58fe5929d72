return {
    kind = "target",
    title = "a param whose default is out of its range",
    params = { gamma = { type = "number", default = 20, min = 0, max = 10, doc = "exponent" } },
    loss = function(t)
        return mean(t.student.probs)
    end,
}
