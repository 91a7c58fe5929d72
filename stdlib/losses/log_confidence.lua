-- log_confidence.lua -- the auxiliary confidence loss of weak-to-strong generalization: the target
-- is mixed with the student's own hard prediction.
--
--     (1 - a) CE(q, p) + a CE(harden(p), p)
--
-- Burns et al. 2023 (arXiv 2312.09390), equation 1 and appendix A. Computed as one cross-entropy
-- with a mixed target, which CE's linearity allows; harden(p) is a constant to the gradient.
--
-- `paper`: a = alpha min(1, progress / warmup). With two classes the threshold adapts so that half
-- of the batch falls on each side: class 2 where its probability is above the median. With more
-- classes harden takes the most probable one.
--
-- `openai2024`: the code published with the paper (openai/weak-to-strong, loss.py,
-- logconf_loss_fn), which differs from its text: while progress <= warmup the coefficient is
-- alpha progress, then it jumps to alpha; and the threshold follows the share of class 2 in the
-- targets of the batch,
--     class 1 where p_1 >= quantile(p_1, mean(q_2))

-- (1 - share) a + share b
local function mix(a, b, share)
    return a * (1 - share) + b * share
end

-- Two classes as a distribution a row, from a 0/1 column that says where it is the second.
local function two_classes(second)
    return concat(1 - second, second)
end

local function paper(t)
    -- A tensor from the start: 1 - alpha is rounded as 1 - a is while alpha grows.
    local a = fill(t.params.alpha, 1, 1)
    if t.params.warmup > 0 then
        a = a * minimum(t.progress / t.params.warmup, 1)
    end
    local hard
    if t.classes == 2 then
        local p = column(t.student.probs, 2)
        hard = two_classes(gt(p, quantile(p, 0.5)))
    else
        hard = one_hot(argmax(t.student.logits), t.classes)
    end
    return cross_entropy(mix(t.guidance.probs, detach(hard), a), t.student.logits)
end

local function openai2024(t)
    if t.classes ~= 2 then
        error(string.format("log_confidence: variant 'openai2024' is only defined for 2 classes, "
                            .. "found %d\nUse variant: paper, which takes any number of classes.",
                            t.classes), 0)
    end
    local over = gt(t.progress, t.params.warmup)
    local a = mix(t.progress, 1, over) * t.params.alpha
    local p = column(t.student.probs, 1)
    local first = ge(p, quantile(p, mean(column(t.guidance.probs, 2))))
    local hard = two_classes(1 - first)
    return cross_entropy(mix(t.guidance.probs, detach(hard), a), t.student.logits)
end

return {
    kind = "target",
    title = "targets mixed with the student's own hard prediction",
    formula = "mean_b CE((1 - a) q_b + a harden(p)_b, p_b)",
    cite = { "Burns et al. 2023 (arXiv 2312.09390)" },
    params = {
        alpha = { type = "number", default = 0.5, min = 0, max = 1,
                  doc = "weight of the student's own prediction" },
        warmup = { type = "number", default = 0.2, min = 0, max = 1,
                   doc = "share of the training over which alpha grows" },
        variant = { type = "choice", default = "paper", choices = "paper|openai2024",
                    doc = "the paper's text, or the published code (two classes)" },
    },
    order = { "alpha", "warmup", "variant" },
    loss = function(t)
        if t.params.variant == "openai2024" then
            return openai2024(t)
        end
        return paper(t)
    end,
}
