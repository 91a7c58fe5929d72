--! forward: the student has 4 features, found a tensor of 6 x 3
return {
    kind = "regularizer",
    title = "hostile",
    params = { gamma = { type = "number", default = 1 } },
    reads = { "features" },
    loss = function(t)
        return sum(t.student.forward(t.student.probs).logits)
    end,
}
