return {
    kind = "constraint",
    title = "one number for the batch",
    broken = function(t)
        return mean(t.student.probs)
    end,
}
