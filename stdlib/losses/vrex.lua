-- vrex.lua -- the risk shall be the same in every environment.
--
--     w Var_e R_e = w mean_e (R_e - mean_e' R_e')^2       R_e: mean cross-entropy in environment e
--     w = 1 while progress < anneal, then `penalty`
--
-- Krueger et al. 2021 (Out-of-distribution generalization via risk extrapolation, arXiv
-- 2003.00688), V-REx.
return {
    kind = "invariance",
    title = "variance of the risks of the environments (V-REx)",
    formula = "w mean_e (R_e - mean R)^2, w = 1 before anneal, then penalty",
    cite = { "Krueger et al. 2021 (arXiv 2003.00688)" },
    params = {
        penalty = { type = "number", default = 1, min = 0, max = 1e9, doc = "the weight after annealing" },
        anneal = { type = "number", default = 0, min = 0, max = 1,
                   doc = "the share of the training during which the weight is 1" },
    },
    order = { "penalty", "anneal" },
    reads = { "labels" },
    loss = function(t)
        local total, spread, n = 0, 0, #t.environments
        for _, e in ipairs(t.environments) do
            total = total + e.risk
        end
        for _, e in ipairs(t.environments) do
            spread = spread + (e.risk - total / n) ^ 2
        end
        local weight = t.params.penalty
        if t.params.anneal > 0 then
            weight = where(lt(t.progress, t.params.anneal), 1, t.params.penalty)
        end
        return weight * spread / n
    end,
}
