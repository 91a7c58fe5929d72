-- jacobian.lua -- half the squared Frobenius norm of the derivative of the logits by the features:
-- small changes of the input shall change the output little.
--
--     mean_b ||dz_b / dx_b||^2 / 2
--
-- Hoffman, Roberts, Yaida 2019 (Robust learning with Jacobian regularization, arXiv 1908.02729).
-- The norm is estimated as C ||v' dz/dx||^2 with v uniform on the unit sphere, new for each row,
-- step and projection; its expectation is exact, and one projection is what the paper uses.
-- projections: 0 takes every class in its turn instead, which is exact and costs C derivatives.
return {
    kind = "regularizer",
    title = "half the squared norm of the derivative of the logits by the features",
    formula = "mean_b ||dz_b / dx_b||^2 / 2",
    cite = { "Hoffman, Roberts, Yaida 2019 (arXiv 1908.02729)" },
    params = {
        projections = { type = "whole", default = 1, min = 0, max = 1000,
                        doc = "random directions a step; 0: all classes, without chance" },
    },
    reads = { "features" },
    loss = function(t)
        local B, C, n = t.rows, t.classes, t.params.projections
        local x = t.features
        local z = t.student.forward(x).logits
        local total = 0
        -- A row's logits depend on that row alone, so the derivative of a sum over rows is each
        -- row's own.
        if n == 0 then
            for c = 1, C do
                total = total + sum(grad(sum(column(z, c)), x) ^ 2)
            end
            return total / (2 * B)
        end
        for _ = 1, n do
            local v = normalize(t.random_normal(B, C))
            total = total + sum(grad(sum(v * z), x) ^ 2)
        end
        return total * (C / (2 * B * n))
    end,
}
