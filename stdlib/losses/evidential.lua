-- evidential.lua -- evidential deep learning: the student's outputs are evidence for each class,
-- and its belief a Dirichlet distribution over the class probabilities.
--
--     mean_b sum_c (q_c - a_c / S)^2 + a_c (S - a_c) / (S^2 (S + 1)) + w KL(Dir(a') || Dir(1))
--     a = evidence(z) + 1,  S = sum_c a_c,  a' = q + (1 - q) a
--     w = weight min(1, progress / warmup)
--
-- Sensoy, Kaplan, Kandemir 2018 (arXiv 1806.01768), equation 5 and the regularized loss after it;
-- there w = min(1, epoch / 10). q is the paper's one-hot y, here whatever the teacher gives. The
-- paper's evidence is relu; a row whose outputs are all negative teaches nothing then, which
-- softplus avoids. exp is bounded at e^10, as in the published code.
local evidence = {
    relu = relu,
    softplus = softplus,
    exp = function(z) return exp(minimum(z, 10)) end,
}

-- KL of Dirichlet distributions, from the parameters a of each row to (1, .. 1).
local function from_uniform(a)
    local total = row_sum(a)
    local normalizer = lgamma(total) - lgamma(a.cols) - row_sum(lgamma(a))
    return normalizer + row_sum((a - 1) * (digamma(a) - digamma(total)))
end

return {
    kind = "target",
    title = "evidential deep learning: expected squared error under a Dirichlet",
    formula = "mean_b sum_c (q_c - a_c / S)^2 + a_c (S - a_c) / (S^2 (S + 1)) "
        .. "+ w KL(Dir(a') || Dir(1))",
    cite = { "Sensoy, Kaplan, Kandemir 2018 (arXiv 1806.01768)" },
    params = {
        evidence = { type = "choice", default = "relu", choices = "relu|softplus|exp",
                     doc = "what makes evidence of outputs; softplus and exp leave no row dead" },
        weight = { type = "number", default = 1, min = 0, max = 1e3,
                   doc = "of the pull of misleading evidence to none, once it has grown" },
        warmup = { type = "number", default = 0.2, min = 0, max = 1,
                   doc = "share of the training over which that pull grows" },
    },
    order = { "evidence", "weight", "warmup" },
    loss = function(t)
        local q = t.guidance.probs
        local a = evidence[t.params.evidence](t.student.logits) + 1
        local total = row_sum(a)
        local p = a / total
        local fit = row_sum((q - p) ^ 2 + p * (1 - p) / (total + 1))
        local w = t.params.weight
        if t.params.warmup > 0 then
            w = w * minimum(t.progress / t.params.warmup, 1)
        end
        return mean(fit + w * from_uniform(q + (1 - q) * a))
    end,
}
