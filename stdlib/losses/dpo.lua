-- dpo.lua -- direct preference optimization: the reward of a row is how much more the student makes
-- of it than a frozen reference model does.
--
--     mean_p sum_{i<K} -log(exp h_pi / sum_{j>=i} exp h_pj),  h = beta (s - s of the reference)
--
-- Rafailov et al. 2023 (arXiv 2305.18290). With two rows it is their equation 7,
-- -log sigmoid(h_1 - h_2); longer rankings follow Plackett-Luce, their appendix A.3. A row's
-- score takes the place of the log-probability of an answer.
return {
    kind = "preference",
    title = "direct preference optimization against a reference",
    formula = "mean_p -log sigmoid(beta ((s_p1 - r_p1) - (s_p2 - r_p2)))",
    cite = { "Rafailov et al. 2023 (arXiv 2305.18290)" },
    params = {
        beta = { type = "number", default = 0.1, min = 1e-6, max = 1e6,
                 doc = "how close to the reference: small moves further from it" },
    },
    reads = { "reference" },
    loss = function(t)
        local h = (t.scores - t.reference.scores) * t.params.beta
        local rest = column(h, h.cols) -- log sum exp of the rewards behind row i
        local total = 0
        for i = h.cols - 1, 1, -1 do
            local behind = softplus(rest - column(h, i))
            total = total + behind
            rest = column(h, i) + behind
        end
        return mean(total)
    end,
}
