-- sharpened.lua -- a loss of one's own in ten lines: the teacher's probabilities to a power, then
-- cross-entropy. Where the teacher is right more often than not, surer targets are better ones.
return {
    kind = "target",
    title = "cross-entropy with the teacher's probabilities, sharpened",
    params = { power = { type = "number", default = 2, min = 1, max = 10,
                         doc = "1: as they are; large: the most probable class" } },
    loss = function(t)
        local sharp = t.guidance.probs ^ t.params.power
        return cross_entropy(sharp / row_sum(sharp), t.student.logits)
    end,
}
