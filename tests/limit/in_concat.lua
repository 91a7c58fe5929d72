--! a tensor cannot be joined with ..
return {
    kind = "regularizer",
    title = "hostile",
    params = { gamma = { type = "number", default = 1 } },
    reads = { "features" },
    loss = function(t)
        return t.progress .. 'x'
    end,
}
