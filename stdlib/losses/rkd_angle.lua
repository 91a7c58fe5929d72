-- rkd_angle.lua -- relational distillation: three rows shall form the same angle in the student's
-- layer as in the teacher's.
--
--     mean_{i, j, k distinct} huber(cos^source_ijk - cos^hidden_ijk)
--     cos_ijk = <e_ij, e_kj>,  e_ij = (x_i - x_j) / |x_i - x_j|
--
-- Park et al. 2019 (Relational knowledge distillation, arXiv 1904.05068). huber(u) is u^2 / 2 up to
-- 1, |u| - 1/2 beyond. The mean over triplets, for the paper's sum, as in rkd_distance. The paper
-- takes every row of a batch as the corner j, which costs B^3; here the first `corners` rows, a
-- random sample because batches are shuffled.
local function huber(u)
    local near = minimum(abs(u), 1)
    return near * (abs(u) - near / 2)
end

local function cosines(x, corner)
    local direction = normalize(x - rows(x, corner, corner))
    return matmul(direction, transpose(direction))
end

return {
    kind = "representation",
    title = "angles between rows as in the teacher's layer",
    formula = "mean_{ijk distinct} huber(cos^source_ijk - cos^hidden_ijk)",
    cite = { "Park et al. 2019 (arXiv 1904.05068)" },
    params = {
        corners = { type = "whole", default = 32, min = 0, max = 1024,
                    doc = "rows of the batch that are corners of angles; 0: all" },
    },
    loss = function(t)
        local B, n = t.rows, t.params.corners
        if B < 3 then
            error(string.format("rkd_angle: rows of a batch are compared, expected at least 3, "
                                .. "found %d", B), 0)
        end
        if n == 0 or n > B then
            n = B
        end
        -- i = k is the angle 0 of both; a row with itself as corner has no direction in either.
        local total = 0
        for j = 1, n do
            total = total + sum(huber(cosines(t.source, j) - cosines(t.hidden, j)))
        end
        return total / (n * (B - 1) * (B - 2))
    end,
}
