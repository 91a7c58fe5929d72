-- rkd_distance.lua -- relational distillation: rows shall lie as far from each other in the
-- student's layer as in the teacher's, in units of the mean distance.
--
--     mean_{i != j} huber(D^source_ij - D^hidden_ij)
--     D_ij = |x_i - x_j| / mean_{i != j} |x_i - x_j|
--
-- Park et al. 2019 (Relational knowledge distillation, arXiv 1904.05068). huber(u) is u^2 / 2 up to
-- 1, |u| - 1/2 beyond. The mean over pairs, for the paper's sum, keeps the weight of the term when
-- the size of batches changes.
local least = 1e-12

local function relative_distances(x, others)
    local distance = pairwise_distance(x, x) * others
    return distance / maximum(sum(distance) / (x.rows * (x.rows - 1)), least)
end

local function huber(u)
    local near = minimum(abs(u), 1)
    return near * (abs(u) - near / 2)
end

return {
    kind = "representation",
    title = "distances between rows as in the teacher's layer",
    formula = "mean_{i != j} huber(D^source_ij - D^hidden_ij), D in units of the mean distance",
    cite = { "Park et al. 2019 (arXiv 1904.05068)" },
    loss = function(t)
        local B = t.rows
        if B < 2 then
            error("rkd_distance: rows of a batch are compared, expected at least 2, found 1", 0)
        end
        local others = 1 - identity(B) -- the distance of a row to itself is only rounding
        local gap = relative_distances(t.source, others) - relative_distances(t.hidden, others)
        return sum(huber(gap)) / (B * (B - 1))
    end,
}
