--! is too large
return {
    kind = "regularizer",
    title = "hostile",
    params = { gamma = { type = "number", default = 1 } },
    reads = { "features" },
    loss = function(t)
        local x = zeros(2^24, 2^24)
        return sum(x)
    end,
}
