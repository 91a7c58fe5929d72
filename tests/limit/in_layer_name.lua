--! t.student.weights is indexed by a layer
return {
    kind = "regularizer",
    title = "hostile",
    params = { gamma = { type = "number", default = 1 } },
    reads = { "features" },
    loss = function(t)
        return t.student.weights.first
    end,
}
