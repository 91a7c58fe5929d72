-- logical.lua -- a rule from a feature to classes: where the feature is above (or below) a
-- threshold, the class is one of those listed, or none of them.
--
--     mean_b [x_b,feature > threshold] * -log sum_{c allowed} p_bc
--
-- The semantic loss, Xu et al. 2018 (arXiv 1711.11157), of the implication: minus the log of the
-- probability that it holds. The feature is observed, so that the premise is 0 or 1 and a row to
-- which it does not apply costs nothing. Several rules are several terms.
return {
    kind = "regularizer",
    title = "where a feature is beyond a threshold, some classes are implied or excluded",
    formula = "mean_b [x_b,feature > threshold] * -log sum_{c allowed} p_bc",
    cite = { "Xu et al. 2018 (arXiv 1711.11157)" },
    params = {
        feature = { type = "whole", min = 1, max = 1e9, doc = "the feature, counted from 1" },
        classes = { type = "numbers", doc = "the classes, counted from 1" },
        threshold = { type = "number", default = 0, min = -1e30, max = 1e30,
                      doc = "the rule applies beyond it" },
        side = { type = "choice", default = "above", choices = "above|below",
                 doc = "of the threshold, on which the rule applies" },
        rule = { type = "choice", default = "implies", choices = "implies|excludes",
                 doc = "the class is one of those listed, or none of them" },
    },
    order = { "feature", "classes", "threshold", "side", "rule" },
    reads = { "features" },
    loss = function(t)
        local p = t.params
        if p.feature > t.features.cols then
            error(string.format("logical: no feature %d, there are %d", p.feature,
                                t.features.cols), 0)
        end
        local listed = {}
        for _, c in ipairs(p.classes) do
            if c ~= math.floor(c) or c < 1 or c > t.classes then
                error(string.format("logical: no class %g, expected whole numbers from 1 to %d",
                                    c, t.classes), 0)
            end
            listed[c] = true
        end
        local allowed = {}
        for c = 1, t.classes do
            if (listed[c] or false) == (p.rule == "implies") then
                allowed[#allowed + 1] = column(t.student.log_probs, c)
            end
        end
        if #allowed == 0 or #allowed == t.classes then
            error(string.format("logical: the rule allows %s class", #allowed == 0 and "no"
                                or "every"), 0)
        end
        local beyond = p.side == "above" and gt or lt
        local applies = beyond(column(t.features, p.feature), p.threshold)
        return mean(applies * -logsumexp(concat(table.unpack(allowed))))
    end,
}
