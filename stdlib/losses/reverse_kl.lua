-- reverse_kl.lua -- reverse Kullback-Leibler divergence: seeks a mode of the teacher instead of
-- covering all of them.
--
--     T^2 mean_b sum_c p_bc (log p_bc - log max(q_bc, floor)),  p = softmax(z / T)
--
-- Yao et al. 2025 (arXiv 2502.11107) for weak-to-strong; Gu et al. 2024 (MiniLLM, arXiv 2306.08543)
-- for distillation. It is infinite where the teacher gives a class no probability, so that what the
-- teacher gives is at least `floor`.
return {
    kind = "target",
    title = "KL(student || teacher)",
    formula = "T^2 mean_b sum_c p_bc (log p_bc - log max(q_bc, floor))",
    cite = { "Yao et al. 2025 (arXiv 2502.11107)", "Gu et al. 2024 (arXiv 2306.08543)" },
    params = {
        temperature = { type = "number", default = 1, min = 1e-3, max = 1e3,
                        doc = "softens teacher and student; the loss is scaled by its square" },
        floor = { type = "number", default = 1e-6, min = 1e-30, max = 0.1,
                  doc = "least probability of a class in the teacher's eyes" },
    },
    order = { "temperature", "floor" },
    loss = function(t)
        local T = t.params.temperature
        local z = t.student.logits / T
        local log_q = log(maximum(t.guidance.probs, t.params.floor))
        return mean(row_sum(softmax(z) * (log_softmax(z) - log_q))) * (T * T)
    end,
}
