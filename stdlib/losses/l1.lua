-- l1.lua -- sum of the absolute weights: few of them remain.
--
--     sum_l sum |W_l|
--
-- Tibshirani 1996 (Regression shrinkage and selection via the lasso, J. Royal Statistical Society
-- B 58). The biases are free. The slope at 0 is 0.
return {
    kind = "regularizer",
    title = "sum of the absolute weights",
    formula = "sum_l sum |W_l|",
    cite = { "Tibshirani 1996 (J. Royal Statistical Society B 58)" },
    loss = function(t)
        local total = 0
        for i = 1, t.student.layers do
            total = total + sum(abs(t.student.weights[i]))
        end
        return total
    end,
}
