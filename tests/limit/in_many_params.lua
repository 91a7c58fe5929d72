--! expected a name of 1 to 32 bytes
return {
    kind = "regularizer",
    title = "hostile",
    params = { gamma = { type = "number", default = 1 } },
    reads = { "features" },
    loss = function(t)
        return sum(t.parameter(string.rep('x', 1000), 1, 1))
    end,
}
