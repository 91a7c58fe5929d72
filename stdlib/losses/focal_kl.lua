-- focal_kl.lua -- KL(teacher || student) with less weight where the two agree already.
--
--     mean_b d_b^gamma KL(q_b || p_b),  d = sum_c |q_c - p_c| / 2
--
-- The focal loss, Lin et al. 2017 (arXiv 1708.02002), is (1 - p_y)^gamma CE for one label y. For a
-- soft target Li et al. 2020 (Generalized focal loss, arXiv 2006.04388) replace 1 - p_y
-- by |q - p| of the one output; d is that for several classes: the total variation distance, which
-- is |q - p| with two classes and 1 - p_y with a one-hot target. d is part of the gradient, as in
-- both papers.
local least = 1e-30
local closest = 1e-6 -- d^gamma has an infinite slope at 0 when gamma < 1

return {
    kind = "target",
    title = "KL with less weight where teacher and student agree",
    formula = "mean_b (sum_c |q_bc - p_bc| / 2)^gamma KL(q_b || p_b)",
    cite = { "Lin et al. 2017 (arXiv 1708.02002)", "Li et al. 2020 (arXiv 2006.04388)" },
    params = {
        gamma = { type = "number", default = 2, min = 0, max = 100,
                  doc = "how fast agreement loses weight; 0 is plain KL" },
    },
    loss = function(t)
        local q, log_p, gamma = t.guidance.probs, t.student.log_probs, t.params.gamma
        local kl = row_sum(q * (log(maximum(q, least)) - log_p))
        if gamma == 0 then
            return mean(kl)
        end
        local distance = row_sum(abs(q - exp(log_p))) / 2 -- one way back to the logits, not two
        return mean(maximum(distance, closest) ^ gamma * kl)
    end,
}
