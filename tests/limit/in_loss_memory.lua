--! 
return {
    kind = "regularizer",
    title = "hostile",
    params = { gamma = { type = "number", default = 1 } },
    reads = { "features" },
    loss = function(t)
        local all = {}
        for i = 1, 1e8 do all[i] = t.progress + 0 end
    end,
}
