-- bradley_terry.lua -- the row ranked higher shall score higher, by a logistic model of pairs.
--
--     mean_p mean_{i<j} -log sigmoid(s_pi - s_pj)      s_p1: the best of ranking p
--
-- Bradley, Terry 1952 (Rank analysis of incomplete block designs, Biometrika 39). A ranking of more
-- than two rows counts as all its pairs, as in Ouyang et al. 2022 (InstructGPT, arXiv 2203.02155),
-- equation 1.
return {
    kind = "preference",
    title = "logistic model of all pairs of a ranking",
    formula = "mean_p mean_{i<j} -log sigmoid(s_pi - s_pj)",
    cite = { "Bradley, Terry 1952 (Biometrika 39)", "Ouyang et al. 2022 (arXiv 2203.02155)" },
    loss = function(t)
        local s, k = t.scores, t.scores.cols
        local total = 0
        for lag = 1, k - 1 do
            local gap = slice(s, 1, k - lag) - slice(s, lag + 1, k)
            total = total + sum(softplus(-gap))
        end
        return total / (s.rows * (k * (k - 1) / 2))
    end,
}
