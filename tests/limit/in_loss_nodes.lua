--! 
return {
    kind = "regularizer",
    title = "hostile",
    params = { gamma = { type = "number", default = 1 } },
    reads = { "features" },
    loss = function(t)
        local x = t.progress
        for i = 1, 1e8 do x = x + i end
        return x
    end,
}
