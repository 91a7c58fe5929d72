-- similarity_preserving.lua -- rows that excite the teacher's layer alike shall excite the
-- student's alike.
--
--     (1 / B^2) ||G^source - G^hidden||^2,  G = X X' with each row divided by its L2 norm
--
-- Tung, Mori 2019 (Similarity-preserving knowledge distillation, arXiv 1907.09682).
local function similarities(x)
    return normalize(matmul(x, transpose(x)))
end

return {
    kind = "representation",
    title = "similarities between rows as in the teacher's layer",
    formula = "||G^source - G^hidden||^2 / B^2, G = XX' with rows of length 1",
    cite = { "Tung, Mori 2019 (arXiv 1907.09682)" },
    loss = function(t)
        return mean((similarities(t.source) - similarities(t.hidden)) ^ 2)
    end,
}
