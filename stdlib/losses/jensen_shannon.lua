-- jensen_shannon.lua -- Jensen-Shannon divergence: symmetric, and never above log 2.
--
--     T^2 mean_b (KL(q_b || m_b) + KL(p_b || m_b)) / 2,  m = (p + q) / 2,  p = softmax(z / T)
--
-- Lin 1991 (Divergence measures based on the Shannon entropy, IEEE Trans. Information Theory 37);
-- robust to wrong labels because it is bounded: Englesson, Azizpour 2021 (arXiv 2105.04522).
local least = 1e-30 -- where p, q and m are all 0, their terms are 0

return {
    kind = "target",
    title = "Jensen-Shannon divergence of teacher and student",
    formula = "T^2 mean_b (KL(q_b || m_b) + KL(p_b || m_b)) / 2, m = (p + q) / 2",
    cite = { "Lin 1991 (IEEE Trans. Information Theory 37)",
             "Englesson, Azizpour 2021 (arXiv 2105.04522)" },
    params = {
        temperature = { type = "number", default = 1, min = 1e-3, max = 1e3,
                        doc = "softens teacher and student; the loss is scaled by its square" },
    },
    loss = function(t)
        local T, q = t.params.temperature, t.guidance.probs
        local z = t.student.logits / T
        local p = softmax(z)
        local log_m = log(maximum((p + q) / 2, least))
        local from_q = row_sum(q * (log(maximum(q, least)) - log_m))
        local from_p = row_sum(p * (log_softmax(z) - log_m))
        return mean(from_q + from_p) * (T * T / 2)
    end,
}
