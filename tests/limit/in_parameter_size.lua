--! expected a whole number from 1 to 16777216
return {
    kind = "regularizer",
    title = "hostile",
    params = { gamma = { type = "number", default = 1 } },
    reads = { "features" },
    loss = function(t)
        return sum(t.parameter('x', -1, 0/0))
    end,
}
