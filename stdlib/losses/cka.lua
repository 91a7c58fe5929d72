-- cka.lua -- centred kernel alignment: the student's layer shall tell rows apart as the teacher's
-- does, up to rotation and scale of the units.
--
--     1 - ||Y' X||^2 / (||X' X|| ||Y' Y||)      X, Y: both layers, columns centred; Frobenius norms
--
-- Kornblith et al. 2019 (arXiv 1905.00414), linear CKA. The estimate is of the batch, and small
-- batches bias CKA upwards. Constant layers, for which it is 0 / 0, count as not aligned.
local least = 1e-12

local function centred(x)
    return x - mean(x, "batch")
end

-- ||a' b||^2 / B^2
local function overlap(a, b)
    return sum((matmul(transpose(a), b) / a.rows) ^ 2)
end

return {
    kind = "representation",
    title = "1 - CKA of the two layers",
    formula = "1 - ||Y'X||^2 / (||X'X|| ||Y'Y||), columns centred",
    cite = { "Kornblith et al. 2019 (arXiv 1905.00414)" },
    loss = function(t)
        if t.rows < 2 then
            error("cka: rows of a batch are compared, expected at least 2, found 1", 0)
        end
        local x, y = centred(t.source), centred(t.hidden)
        local size = sqrt(maximum(overlap(x, x), least)) * sqrt(maximum(overlap(y, y), least))
        return 1 - overlap(y, x) / size
    end,
}
