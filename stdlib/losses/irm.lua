-- irm.lua -- a classifier on top of the features shall be the best one in every environment.
--
--     w mean_e (d R_e(s z) / ds at s = 1)^2       R_e: mean cross-entropy in environment e
--     w = 1 while progress < anneal, then `penalty`
--
-- Arjovsky et al. 2019 (Invariant Risk Minimization, arXiv 1907.02893), IRMv1. The derivative is
-- mean_b sum_c (p_bc - y_bc) z_bc, and is written so. The paper sums over environments; the mean is
-- what its code takes, beside the mean of the risks. That code also divides the whole objective by
-- the penalty once that is above 1: write the division in `learn`, where all terms are.
return {
    kind = "invariance",
    title = "squared slope of each environment's risk by a scale of the logits (IRMv1)",
    formula = "w mean_e (mean_b sum_c (p - y) z)^2, w = 1 before anneal, then penalty",
    cite = { "Arjovsky et al. 2019 (arXiv 1907.02893)" },
    params = {
        penalty = { type = "number", default = 1, min = 0, max = 1e9, doc = "the weight after annealing" },
        anneal = { type = "number", default = 0, min = 0, max = 1,
                   doc = "the share of the training during which the weight is 1" },
    },
    order = { "penalty", "anneal" },
    reads = { "labels" },
    loss = function(t)
        local total = 0
        for _, e in ipairs(t.environments) do
            local slope = mean(row_sum((softmax(e.logits) - e.labels) * e.logits))
            total = total + slope ^ 2
        end
        local weight = t.params.penalty
        if t.params.anneal > 0 then
            weight = where(lt(t.progress, t.params.anneal), 1, t.params.penalty)
        end
        return weight * total / #t.environments
    end,
}
