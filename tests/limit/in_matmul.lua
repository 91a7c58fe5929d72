--! matmul: a tensor of 6 x 3 does not fit one of 6 x 3
return {
    kind = "regularizer",
    title = "hostile",
    params = { gamma = { type = "number", default = 1 } },
    reads = { "features" },
    loss = function(t)
        return sum(matmul(t.student.probs, t.student.probs))
    end,
}
