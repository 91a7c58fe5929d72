--! grad: expected a 1 x 1 tensor to differentiate
return {
    kind = "regularizer",
    title = "hostile",
    params = { gamma = { type = "number", default = 1 } },
    reads = { "features" },
    loss = function(t)
        return sum(grad(t.student.probs, t.student.logits))
    end,
}
