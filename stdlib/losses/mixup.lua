-- mixup.lua -- cross-entropy on mixtures of rows: features and targets of two rows, mixed alike.
--
--     mean_b CE(u_b q_b + (1 - u_b) q_b', student(u_b x_b + (1 - u_b) x_b'))
--     u ~ Beta(alpha, alpha)
--
-- Zhang et al. 2018 (mixup, arXiv 1710.09412). The partner b' is given by a random permutation of
-- the batch, new at every step; u is drawn for each row, as the formula says (the published code
-- draws one for a batch).
--
-- u comes from one uniform U and two normal numbers, without rejection. Bailey 1994 (Mathematics of
-- Computation 62): sqrt(n (U^(-2/n) - 1)) cos(angle) is Student's t with n degrees of freedom; and
-- with n = 2 alpha, (1 + t / sqrt(n + t^2)) / 2 is Beta(alpha, alpha). With v = U^(1/alpha) that is
--     (1 + c sqrt((1 - v) / (v + (1 - v) c^2))) / 2
-- where c, the cosine of an even angle, is that of the point the two normal numbers make.
-- The least terms keep 0 / 0 away, where all three numbers are 0.
local function symmetric_beta(t, alpha)
    local v = t.random_uniform(t.rows, 1) ^ (1 / alpha)
    local a, b = t.random_normal(t.rows, 1), t.random_normal(t.rows, 1)
    local c = a / sqrt(a * a + b * b + 1e-30)
    return clamp((1 + c * sqrt((1 - v) / (v + (1 - v) * c * c + 1e-30))) / 2, 0, 1)
end

return {
    kind = "target",
    title = "cross-entropy on mixtures of two rows",
    formula = "mean_b CE(u q_b + (1 - u) q_b', student(u x_b + (1 - u) x_b')), u ~ Beta(a, a)",
    cite = { "Zhang et al. 2018 (arXiv 1710.09412)" },
    params = {
        alpha = { type = "number", default = 0.2, min = 1e-2, max = 100,
                  doc = "small: one of the rows dominates; 1: any mixture; large: halves" },
    },
    reads = { "features" },
    loss = function(t)
        local partner = transpose(argsort(transpose(t.random_uniform(t.rows, 1))))
        local share = symmetric_beta(t, t.params.alpha)
        local function mixed(x)
            return share * x + (1 - share) * gather_rows(x, partner)
        end
        local student = t.student.forward(mixed(t.features))
        return cross_entropy(mixed(t.guidance.probs), student.logits)
    end,
}
