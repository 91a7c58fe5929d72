--! bad argument #1 to 'exp' (tensor or number expected, got string)
return {
    kind = "regularizer",
    title = "hostile",
    params = { gamma = { type = "number", default = 1 } },
    reads = { "features" },
    loss = function(t)
        return exp('x')
    end,
}
