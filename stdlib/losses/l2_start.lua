-- l2_start.lua -- L2-SP: half the squared distance from where training started, for a student that
-- was trained before and shall not forget.
--
--     sum_l (||W_l - W0_l||^2 + ||b_l - b0_l||^2) / 2
--
-- Li, Grandvalet, Davoine 2018 (Explicit inductive bias for transfer learning, arXiv 1802.01483).
-- Their second term, plain L2 for layers that are new, is the loss `l2`: here every layer has a
-- start.
return {
    kind = "regularizer",
    title = "half the squared distance from the parameters before training",
    formula = "sum_l (||W_l - W0_l||^2 + ||b_l - b0_l||^2) / 2",
    cite = { "Li, Grandvalet, Davoine 2018 (arXiv 1802.01483)" },
    reads = { "start" },
    loss = function(t)
        local total = 0
        for i = 1, t.student.layers do
            total = total + sum((t.student.weights[i] - t.start.weights[i]) ^ 2)
            total = total + sum((t.student.biases[i] - t.start.biases[i]) ^ 2)
        end
        return total / 2
    end,
}
