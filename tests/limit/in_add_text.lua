--! a tensor cannot be added to a string
return {
    kind = "regularizer",
    title = "hostile",
    params = { gamma = { type = "number", default = 1 } },
    reads = { "features" },
    loss = function(t)
        return 'x' + t.progress
    end,
}
