-- semantic.lua -- semantic loss of "exactly one class": minus the log-probability that independent
-- outputs, one a class, are all off but one.
--
--     mean_b -log sum_i p_bi prod_{j != i} (1 - p_bj),  p = sigmoid(z)
--
-- Xu et al. 2018 (A semantic loss function for deep learning with symbolic knowledge, arXiv
-- 1711.11157), their constraint for semi-supervised classification, with independent sigmoid
-- outputs as in their code. In logarithms it is sum_j softplus(z_j) - log sum_i exp z_i, which is
-- what is computed. It needs no labels, and asks the student to be sure. For rules about classes:
-- logical.
return {
    kind = "regularizer",
    title = "semantic loss of the constraint that exactly one class holds",
    formula = "mean_b -log sum_i p_bi prod_{j != i} (1 - p_bj), p = sigmoid(z)",
    cite = { "Xu et al. 2018 (arXiv 1711.11157)" },
    loss = function(t)
        local z = t.student.logits
        return mean(row_sum(softplus(z)) - logsumexp(z))
    end,
}
