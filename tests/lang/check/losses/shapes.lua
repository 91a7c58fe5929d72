return {
    kind = "target",
    title = "a product that does not fit",
    loss = function(t)
        local z = t.student.logits
        return mean(matmul(z, t.guidance.probs))
    end,
}
