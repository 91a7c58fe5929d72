--! expected the loss to return 1 x 1, or one number a row, found a tensor of 6 x 3
return {
    kind = "regularizer",
    title = "hostile",
    params = { gamma = { type = "number", default = 1 } },
    reads = { "features" },
    loss = function(t)
        return t.student.probs
    end,
}
