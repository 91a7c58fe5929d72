-- mmd.lua -- a layer of the student shall have the same distribution in every environment.
--
--     mean over pairs of environments of  mean k(x, x') - 2 mean k(x, y) + mean k(y, y')
--     k(x, y) = mean_s exp(-||x - y||^2 / (2 s^2)),  s in `widths`
--
-- Gretton et al. 2012 (A kernel two-sample test, JMLR 13), the biased estimate of MMD^2, which is
-- never below 0; several widths and all pairs of domains as Li et al. 2018 (Domain generalization
-- with adversarial feature learning, CVPR) have it.
local function kernel(x, y, widths)
    local d, total = pairwise_squared(x, y), 0
    for _, s in ipairs(widths) do
        total = total + exp(-d / (2 * s ^ 2))
    end
    return mean(total) / #widths
end

return {
    kind = "invariance",
    title = "maximum mean discrepancy of a layer between environments",
    formula = "mean over pairs of mean k(x, x') - 2 mean k(x, y) + mean k(y, y'), k Gaussian",
    cite = { "Gretton et al. 2012 (JMLR 13)", "Li et al. 2018 (CVPR)" },
    params = {
        layer = { type = "whole", default = 0, min = 0, max = 63,
                  doc = "hidden layer, counted from the features on; 0: the logits" },
        widths = { type = "numbers", default = { 1, 5, 10 }, min = 1e-3, max = 1e6,
                   doc = "standard deviations of the kernels" },
    },
    order = { "layer", "widths" },
    loss = function(t)
        local x, own, n = {}, {}, #t.environments
        for i, e in ipairs(t.environments) do
            x[i] = t.params.layer > 0 and e.hidden[t.params.layer] or e.logits
            own[i] = kernel(x[i], x[i], t.params.widths)
        end
        local total, compared = 0, 0
        for i = 1, n do
            for j = i + 1, n do
                total = total + own[i] - 2 * kernel(x[i], x[j], t.params.widths) + own[j]
                compared = compared + 1
            end
        end
        if compared == 0 then
            error("mmd: environments are compared, expected at least 2, found 1", 0)
        end
        return total / compared
    end,
}
