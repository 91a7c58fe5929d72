-- generalized_cross_entropy.lua -- between cross-entropy (k -> 0) and mean absolute error (k = 1).
--
--     mean_b sum_c q_bc (1 - p_bc^k) / k
--
-- Zhang, Sabuncu 2018 (arXiv 1805.07836), equation 6, where k is called q; the expectation over a
-- soft target is a choice of ours, and with a one-hot target it is the paper's loss. Without the
-- truncated variant. 1 - p^k is computed as -expm1(k log p).
return {
    kind = "target",
    title = "between cross-entropy and mean absolute error",
    formula = "mean_b sum_c q_bc (1 - p_bc^k) / k",
    cite = { "Zhang, Sabuncu 2018 (arXiv 1805.07836)" },
    params = {
        k = { type = "number", default = 0.7, min = 1e-3, max = 1,
              doc = "0 is cross-entropy, 1 is mean absolute error" },
    },
    loss = function(t)
        local k = t.params.k
        return mean(-row_sum(t.guidance.probs * expm1(t.student.log_probs * k))) / k
    end,
}
