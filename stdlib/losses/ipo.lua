-- ipo.lua -- identity preference optimization: the margin over the reference is drawn to a number,
-- not to infinity as with DPO.
--
--     mean_p mean_{i<j} ((h_pi - h_pj) - 1 / (2 tau))^2,  h = s - s of the reference
--
-- Azar et al. 2023 (arXiv 2310.12036), equation 17. A ranking of more than two rows counts as all
-- its pairs. A row's score takes the place of the log-probability of an answer.
return {
    kind = "preference",
    title = "identity preference optimization against a reference",
    formula = "mean_p mean_{i<j} ((h_pi - h_pj) - 1 / (2 tau))^2, h = s - r",
    cite = { "Azar et al. 2023 (arXiv 2310.12036)" },
    params = {
        tau = { type = "number", default = 0.1, min = 1e-6, max = 1e6,
                doc = "how close to the reference: the margin aimed at is 1 / (2 tau)" },
    },
    reads = { "reference" },
    loss = function(t)
        local h = t.scores - t.reference.scores
        local k, aim = h.cols, 1 / (2 * t.params.tau)
        local total = 0
        for lag = 1, k - 1 do
            local gap = slice(h, 1, k - lag) - slice(h, lag + 1, k)
            total = total + sum((gap - aim) ^ 2)
        end
        return total / (h.rows * (k * (k - 1) / 2))
    end,
}
