--! tensors cannot be compared with < or >
return {
    kind = "regularizer",
    title = "hostile",
    params = { gamma = { type = "number", default = 1 } },
    reads = { "features" },
    loss = function(t)
        if t.progress < 1 then return t.progress end
    end,
}
