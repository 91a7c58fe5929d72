-- hard_labels.lua -- pseudo-labels: the teacher's most probable class as target.
--
--     mean_b -log p_b[argmax_c q_bc]
--
-- Lee 2013 (Pseudo-Label, ICML workshop on challenges in representation learning). Of equally
-- probable classes the first is taken.
return {
    kind = "target",
    title = "the teacher's most probable class as target",
    formula = "mean_b -log p_b[argmax q_b]",
    cite = { "Lee 2013 (Pseudo-Label, ICML workshop)" },
    loss = function(t)
        local target = one_hot(argmax(t.guidance.probs), t.classes)
        return cross_entropy(target, t.student.logits)
    end,
}
