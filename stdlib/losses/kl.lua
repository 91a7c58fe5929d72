-- kl.lua -- forward Kullback-Leibler divergence, from the teacher to the student.
--
--     T^2 mean_b sum_c q_bc (log q_bc - log p_bc),  p = softmax(z / T), q softened by T as well
--
-- Kullback, Leibler 1951 (Annals of Mathematical Statistics 22); as a distillation loss Hinton,
-- Vinyals, Dean 2015 (arXiv 1503.02531). It differs from soft_labels by the entropy of q, which the
-- student cannot change: the gradients are the same, but this one is 0 where they agree.
local least = 1e-30 -- 0 log 0 is 0; any logarithm that is finite makes it so

return {
    kind = "target",
    title = "KL(teacher || student)",
    formula = "T^2 mean_b sum_c q_bc (log q_bc - log p_bc)",
    cite = { "Kullback, Leibler 1951", "Hinton, Vinyals, Dean 2015 (arXiv 1503.02531)" },
    params = {
        temperature = { type = "number", default = 1, min = 1e-3, max = 1e3,
                        doc = "softens teacher and student; the loss is scaled by its square" },
    },
    loss = function(t)
        local T, q = t.params.temperature, t.guidance.probs
        local log_p = log_softmax(t.student.logits / T)
        return mean(row_sum(q * (log(maximum(q, least)) - log_p))) * (T * T)
    end,
}
