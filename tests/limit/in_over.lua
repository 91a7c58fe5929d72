--! bad argument #2 to 'sum' (invalid option 'clases')
return {
    kind = "regularizer",
    title = "hostile",
    params = { gamma = { type = "number", default = 1 } },
    reads = { "features" },
    loss = function(t)
        return sum(t.student.probs, 'clases')
    end,
}
