-- l2.lua -- half the sum of the squared weights.
--
--     sum_l ||W_l||^2 / 2
--
-- Hoerl, Kennard 1970 (Ridge regression, Technometrics 12); Krogh, Hertz 1991 (A simple weight
-- decay can improve generalization, NIPS 4). With the half, 0.01 times this term is what
-- weight_decay: 0.01 adds to the gradient of sgd and adam, except that the biases are free here.
return {
    kind = "regularizer",
    title = "half the sum of the squared weights",
    formula = "sum_l ||W_l||^2 / 2",
    cite = { "Hoerl, Kennard 1970 (Technometrics 12)", "Krogh, Hertz 1991 (NIPS 4)" },
    loss = function(t)
        local total = 0
        for i = 1, t.student.layers do
            total = total + sum(t.student.weights[i] ^ 2)
        end
        return total / 2
    end,
}
