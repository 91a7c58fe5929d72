--! expected the loss to return a tensor, found a number
return {
    kind = "regularizer",
    title = "hostile",
    params = { gamma = { type = "number", default = 1 } },
    reads = { "features" },
    loss = function(t)
        return 0
    end,
}
