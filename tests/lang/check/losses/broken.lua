return {
    kind = "target",
    title = "a file that does not parse",
    loss = function(t)
        return mean(t.student.logits
    end,
}
