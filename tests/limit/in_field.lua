--! a tensor has no field 'shape'
return {
    kind = "regularizer",
    title = "hostile",
    params = { gamma = { type = "number", default = 1 } },
    reads = { "features" },
    loss = function(t)
        return t.progress.shape
    end,
}
