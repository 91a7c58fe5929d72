--! t cannot be iterated
return {
    kind = "regularizer",
    title = "hostile",
    params = { gamma = { type = "number", default = 1 } },
    reads = { "features" },
    loss = function(t)
        for k, v in pairs(t) do end
    end,
}
