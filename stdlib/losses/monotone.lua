-- monotone.lua -- the probability of a class shall rise, or fall, with the features listed.
--
--     mean_b sum_i max(0, margin - sign_i dg_b / dx_bi),  g = z_c - log sum_{k != c} exp z_k
--
-- Gupta et al. 2019 (How to incorporate monotonicity in deep networks while preserving
-- flexibility?, arXiv 1909.10662), the point-wise loss: a penalty at the rows of the batch, no
-- guarantee between them. g is the log-odds of the class, whose slope has the sign of the
-- probability's but does not fade where the student is sure; with two classes it is the difference
-- of their logits.
local function log_odds(z, class)
    local others
    if class == 1 then
        others = slice(z, 2, z.cols)
    elseif class == z.cols then
        others = slice(z, 1, z.cols - 1)
    else
        others = concat(slice(z, 1, class - 1), slice(z, class + 1, z.cols))
    end
    return column(z, class) - logsumexp(others)
end

local function violations(slope, features, sign, margin)
    local total = 0
    for _, i in ipairs(features) do
        if i ~= math.floor(i) or i < 1 or i > slope.cols then
            error(string.format("monotone: no feature %g, expected whole numbers from 1 to %d", i,
                                slope.cols), 0)
        end
        total = total + mean(relu(margin - sign * column(slope, i)))
    end
    return total
end

return {
    kind = "regularizer",
    title = "the probability of a class rises or falls with some features",
    formula = "mean_b sum_i max(0, margin - sign_i dg_b / dx_bi), g the log-odds of the class",
    cite = { "Gupta et al. 2019 (arXiv 1909.10662)" },
    params = {
        class = { type = "whole", default = 2, min = 1, max = 1e6,
                  doc = "the class, counted from 1" },
        increasing = { type = "numbers", default = {},
                       doc = "features it rises with, counted from 1" },
        decreasing = { type = "numbers", default = {},
                       doc = "features it falls with, counted from 1" },
        margin = { type = "number", default = 0, min = 0, max = 1e6,
                   doc = "how steep it shall be at least, in log-odds per unit of the feature" },
    },
    order = { "class", "increasing", "decreasing", "margin" },
    reads = { "features" },
    loss = function(t)
        local p = t.params
        if p.class > t.classes then
            error(string.format("monotone: no class %d, there are %d", p.class, t.classes), 0)
        end
        if #p.increasing + #p.decreasing == 0 then
            error("monotone: no feature is named in increasing or decreasing", 0)
        end
        local g = log_odds(t.student.forward(t.features).logits, p.class)
        local slope = grad(sum(g), t.features)
        return violations(slope, p.increasing, 1, p.margin)
            + violations(slope, p.decreasing, -1, p.margin)
    end,
}
