-- cross_entropy.lua -- the gold labels of the rows: the term every objective can start from.
--
--     mean_b -log p_b[gold label]
--
-- Good 1952 (Rational decisions, J. Royal Statistical Society B 14): the logarithmic score.
return {
    kind = "regularizer",
    title = "mean of -log p[gold label]",
    formula = "mean_b -sum_c y_bc log p_bc",
    cite = { "Good 1952 (J. Royal Statistical Society B 14)" },
    reads = { "labels" },
    loss = function(t)
        return mean(-row_sum(t.labels * log_softmax(t.student.logits)))
    end,
}
