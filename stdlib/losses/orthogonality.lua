-- orthogonality.lua -- the weights of a layer shall be orthonormal.
--
--     sum_l ||G_l - I||^2      G: W' W, or W W' where W has more columns than rows
--
-- Brock et al. 2017 (Neural photo editing with introspective adversarial networks, arXiv
-- 1609.07093); Bansal, Chen, Wang 2018 (Can we gain more from orthogonality regularizations in
-- training deep CNNs?, arXiv 1810.09102), soft orthogonality. More vectors than dimensions cannot
-- be orthonormal, so that the smaller of the two products is taken.
return {
    kind = "regularizer",
    title = "distance of the weights from orthonormal ones",
    formula = "sum_l ||W_l' W_l - I||^2",
    cite = { "Brock et al. 2017 (arXiv 1609.07093)",
             "Bansal, Chen, Wang 2018 (arXiv 1810.09102)" },
    loss = function(t)
        local total = 0
        for i = 1, t.student.layers do
            local w = t.student.weights[i]
            local products
            if w.rows < w.cols then
                products = matmul(w, transpose(w))
            else
                products = matmul(transpose(w), w)
            end
            total = total + sum((products - identity(products.rows)) ^ 2)
        end
        return total
    end,
}
