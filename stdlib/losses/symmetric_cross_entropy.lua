-- symmetric_cross_entropy.lua -- cross-entropy plus its reverse, which tolerates wrong labels.
--
--     mean_b alpha CE(q_b, p_b) + beta sum_c -p_bc max(log q_bc, A)
--
-- Wang et al. 2019 (Symmetric cross entropy for robust learning with noisy labels, arXiv
-- 1908.06112). A is what the paper puts for log 0; here it bounds all logarithms from below, so
-- that targets may be soft. With one-hot targets this is the paper's loss. Its published code clips
-- labels at 1e-4, which is A = -9.21.
return {
    kind = "target",
    title = "cross-entropy plus reverse cross-entropy",
    formula = "mean_b alpha CE(q_b, p_b) + beta sum_c -p_bc max(log q_bc, A)",
    cite = { "Wang et al. 2019 (arXiv 1908.06112)" },
    params = {
        alpha = { type = "number", default = 0.1, min = 0, max = 1e3,
                  doc = "weight of the cross-entropy" },
        beta = { type = "number", default = 1, min = 0, max = 1e3,
                 doc = "weight of the reverse cross-entropy" },
        A = { type = "number", default = -4, min = -60, max = 0, doc = "stands for log 0" },
    },
    order = { "alpha", "beta", "A" },
    loss = function(t)
        local q = t.guidance.probs
        local forward = -row_sum(q * t.student.log_probs)
        local log_q = log(maximum(q, math.exp(t.params.A)))
        local reverse = -row_sum(t.student.probs * log_q)
        return mean(t.params.alpha * forward + t.params.beta * reverse)
    end,
}
