-- margin_ranking.lua -- the row ranked higher shall score higher by a margin.
--
--     mean_p mean_{i<j} max(0, margin - (s_pi - s_pj))
--
-- Herbrich, Graepel, Obermayer 2000 (Large margin rank boundaries for ordinal regression); Joachims
-- 2002 (Optimizing search engines using clickthrough data, KDD). A ranking counts as all its pairs.
return {
    kind = "preference",
    title = "hinge on all pairs of a ranking",
    formula = "mean_p mean_{i<j} max(0, margin - (s_pi - s_pj))",
    cite = { "Herbrich, Graepel, Obermayer 2000", "Joachims 2002 (KDD)" },
    params = {
        margin = { type = "number", default = 1, min = 0, max = 1e6,
                   doc = "by how much the better score shall be higher" },
    },
    loss = function(t)
        local s, k = t.scores, t.scores.cols
        local total = 0
        for lag = 1, k - 1 do
            local gap = slice(s, 1, k - lag) - slice(s, lag + 1, k)
            total = total + sum(relu(t.params.margin - gap))
        end
        return total / (s.rows * (k * (k - 1) / 2))
    end,
}
