-- coral.lua -- a layer of the student shall have the same covariance in every environment.
--
--     mean over pairs of environments of ||C_e - C_f||_F^2 / (4 H^2)
--     C_e = (X'X - (1'X)'(1'X) / B_e) / (B_e - 1)       X: B_e x H, the layer in environment e
--
-- Sun, Saenko 2016 (Deep CORAL, arXiv 1607.01719), there for a source and a target domain.
local function covariance(x)
    local centred = x - mean(x, "batch")
    return matmul(transpose(centred), centred) / (x.rows - 1)
end

return {
    kind = "invariance",
    title = "squared distance of the covariances of a layer in the environments (Deep CORAL)",
    formula = "mean over pairs of ||C_e - C_f||^2 / (4 H^2)",
    cite = { "Sun, Saenko 2016 (arXiv 1607.01719)" },
    params = {
        layer = { type = "whole", default = 0, min = 0, max = 63,
                  doc = "hidden layer, counted from the features on; 0: the logits" },
    },
    loss = function(t)
        local total, compared, n = 0, 0, #t.environments
        local c = {}
        for i, e in ipairs(t.environments) do
            if e.rows < 2 then
                error("coral: a covariance wants at least 2 rows of each environment, found 1", 0)
            end
            c[i] = covariance(t.params.layer > 0 and e.hidden[t.params.layer] or e.logits)
        end
        for i = 1, n do
            for j = i + 1, n do
                total = total + sum((c[i] - c[j]) ^ 2) / (4 * c[i].cols ^ 2)
                compared = compared + 1
            end
        end
        if compared == 0 then
            error("coral: environments are compared, expected at least 2, found 1", 0)
        end
        return total / compared
    end,
}
