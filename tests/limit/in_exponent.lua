--! the exponent must be a number, found a tensor
return {
    kind = "regularizer",
    title = "hostile",
    params = { gamma = { type = "number", default = 1 } },
    reads = { "features" },
    loss = function(t)
        return t.progress ^ t.progress
    end,
}
