-- adaptive_confidence.lua -- a confidence loss whose mixing weight is found for each row, from how
-- far the student is from its own hard prediction and how far from the teacher's.
--
--     mean_b (1 - w_b) CE(q_b, p_b) + w_b CE(hard(p_b), p_b)
--     w = exp(CE(hard(p), p) / s) / (exp(CE(hard(p), p) / s) + exp(CE(hard(q), p) / s))
--
-- Guo et al. 2024 (Vision Superalignment, arXiv 2402.03749), AdaptConf; s is `threshold` of the
-- published code (adaptconf.py), s = 1 the paper. w and both hard predictions are constants to the
-- gradient. w is computed as sigmoid of the difference, which cannot overflow; it is at most 1/2.
return {
    kind = "target",
    title = "confidence loss with a weight for each row",
    formula = "mean_b (1 - w_b) CE(q_b, p_b) + w_b CE(hard(p_b), p_b)",
    cite = { "Guo et al. 2024 (arXiv 2402.03749)" },
    params = {
        threshold = { type = "number", default = 1, min = 1e-3, max = 1e3,
                      doc = "divides the cross-entropies that are compared: large is even-handed" },
    },
    loss = function(t)
        local log_p, q = t.student.log_probs, t.guidance.probs
        local own = one_hot(argmax(t.student.logits), t.classes)
        local ce_own = -row_sum(own * log_p)
        local ce_teacher = -row_sum(one_hot(argmax(q), t.classes) * log_p)
        local w = detach(sigmoid((ce_own - ce_teacher) / t.params.threshold))
        return mean((1 - w) * -row_sum(q * log_p) + w * ce_own)
    end,
}
