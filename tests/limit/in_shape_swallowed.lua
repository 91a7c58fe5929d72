--! add: a tensor of 6 x 4 does not fit one of 1 x 3
return {
    kind = "regularizer",
    title = "hostile",
    params = { gamma = { type = "number", default = 1 } },
    reads = { "features" },
    loss = function(t)
        pcall(function() return t.features + iota(3) end)
        return t.progress
    end,
}
