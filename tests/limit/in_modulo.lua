--! attempt to perform arithmetic on a tensor value
return {
    kind = "regularizer",
    title = "hostile",
    params = { gamma = { type = "number", default = 1 } },
    reads = { "features" },
    loss = function(t)
        return t.progress % 2
    end,
}
