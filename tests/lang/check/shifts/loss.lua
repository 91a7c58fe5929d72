return {
    kind = "regularizer",
    title = "no shift",
    loss = function(t)
        return mean(t.student.logits)
    end,
}
