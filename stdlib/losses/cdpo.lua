-- cdpo.lua -- conservative DPO: for preferences that are wrong with a known probability.
--
--     mean_p mean_{i<j} -(1 - e) log sigmoid(h_pi - h_pj) - e log sigmoid(h_pj - h_pi)
--     h = beta (s - s of the reference)
--
-- Mitchell 2023 (A note on DPO with noisy preferences and relationship to IPO,
-- ericmitchell.ai/cdpo.pdf), on Rafailov et al. 2023 (arXiv 2305.18290). A ranking of more than two
-- rows counts as all its pairs: label noise is a matter of pairs.
return {
    kind = "preference",
    title = "DPO for preferences that may be wrong",
    formula = "mean_p mean_{i<j} -(1 - e) log sigmoid(h_pi - h_pj) - e log sigmoid(h_pj - h_pi)",
    cite = { "Mitchell 2023 (ericmitchell.ai/cdpo.pdf)",
             "Rafailov et al. 2023 (arXiv 2305.18290)" },
    params = {
        beta = { type = "number", default = 0.1, min = 1e-6, max = 1e6,
                 doc = "how close to the reference: small moves further from it" },
        epsilon = { type = "number", default = 0.1, min = 0, max = 0.5,
                    doc = "share of pairs that are the wrong way round" },
    },
    order = { "beta", "epsilon" },
    reads = { "reference" },
    loss = function(t)
        local h = (t.scores - t.reference.scores) * t.params.beta
        local k, e = h.cols, t.params.epsilon
        local total = 0
        for lag = 1, k - 1 do
            local gap = slice(h, 1, k - lag) - slice(h, lag + 1, k)
            total = total + sum(softplus(-gap) * (1 - e) + softplus(gap) * e)
        end
        return total / (h.rows * (k * (k - 1) / 2))
    end,
}
