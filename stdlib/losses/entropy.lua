-- entropy.lua -- entropy minimisation: the student is asked to be sure, of whatever.
--
--     mean_b -sum_c p_bc log p_bc
--
-- Grandvalet, Bengio 2005 (Semi-supervised learning by entropy minimization, NIPS 17). A term to
-- add to a loss that says of what; for the opposite, a confidence penalty (Pereyra et al. 2017,
-- arXiv 1701.06548), give it a negative weight.
return {
    kind = "regularizer",
    title = "entropy of the student's predictions",
    formula = "mean_b -sum_c p_bc log p_bc",
    cite = { "Grandvalet, Bengio 2005 (NIPS 17)" },
    loss = function(t)
        return mean(-row_sum(t.student.probs * t.student.log_probs))
    end,
}
