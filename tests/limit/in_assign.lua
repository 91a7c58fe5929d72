--! a tensor cannot be changed
return {
    kind = "regularizer",
    title = "hostile",
    params = { gamma = { type = "number", default = 1 } },
    reads = { "features" },
    loss = function(t)
        t.progress.rows = 1
    end,
}
