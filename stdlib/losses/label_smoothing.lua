-- label_smoothing.lua -- cross-entropy with targets pulled towards the uniform distribution.
--
--     mean_b CE((1 - e) q_b + e / C, p_b)
--
-- Szegedy et al. 2016 (arXiv 1512.00567), section 7; Mueller, Kornblith, Hinton 2019 (arXiv
-- 1906.02629) on what it does to distillation. The target here is whatever the teacher gives: its
-- probabilities, or one class where the guidance is hard.
return {
    kind = "target",
    title = "cross-entropy with smoothed targets",
    formula = "mean_b CE((1 - e) q_b + e / C, p_b)",
    cite = { "Szegedy et al. 2016 (arXiv 1512.00567)",
             "Mueller, Kornblith, Hinton 2019 (arXiv 1906.02629)" },
    params = {
        epsilon = { type = "number", default = 0.1, min = 0, max = 1,
                    doc = "share of the uniform distribution in the target" },
    },
    loss = function(t)
        local e = t.params.epsilon
        return cross_entropy(t.guidance.probs * (1 - e) + e / t.classes, t.student.logits)
    end,
}
