-- focal_kl.lua -- a file of one's own that a .w2s file names by its path: the divergence from the teacher, with more
-- weight where the student is far from it. The standard library has a variant of the same name.
local least = 1e-30

return {
    kind = "target",
    title = "KL divergence, weighed by the distance from the teacher",
    formula = "mean_b sum_c q_bc |q_bc - p_bc|^gamma log(q_bc / p_bc)",
    cite = { "Lin et al. 2017, focal loss (arXiv 1708.02002)" },
    params = { gamma = { type = "number", default = 2, min = 1, max = 10, doc = "how much distance counts" } },
    loss = function(t)
        local q, log_p = t.guidance.probs, t.student.log_probs
        local focus = abs(q - t.student.probs) ^ t.params.gamma
        return mean(row_sum(q * focus * (log(maximum(q, least)) - log_p)))
    end,
}
