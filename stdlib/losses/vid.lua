-- vid.lua -- variational information distillation: the student's layer shall say as much as it can
-- about the teacher's, measured by how well a Gaussian predicts it.
--
--     mean_b mean_s log(v_s) / 2 + (source_bs - mu(hidden_b)_s)^2 / (2 v_s)
--     mu(h) = h W + c,  v_s = log(1 + exp(a_s)) + 1e-5
--
-- Ahn et al. 2019 (Variational information distillation for knowledge transfer, arXiv 1904.05835),
-- without the constant log(2 pi) / 2. W, c and a are trained along with the student. mu is linear,
-- where the paper has a small convolutional network. The mean over the S units, for its sum, is a
-- choice of ours, as in hint.
local least = 1e-5

return {
    kind = "representation",
    title = "likelihood of the teacher's layer under a Gaussian of the student's",
    formula = "mean_b mean_s log(v_s) / 2 + (source_bs - mu(hidden_b)_s)^2 / (2 v_s)",
    cite = { "Ahn et al. 2019 (arXiv 1904.05835)" },
    params = {
        variance = { type = "number", default = 5, min = 1e-3, max = 60,
                     doc = "v of every unit at the start of training" },
    },
    loss = function(t)
        local H, S = t.hidden.cols, t.source.cols
        -- softplus(variance + log(1 - exp(-variance))) = variance
        local variance = t.params.variance
        local start = variance + math.log(1 - math.exp(-variance))
        local mu = matmul(t.hidden, t.parameter("mean", H, S)) + t.parameter("bias", 1, S, 0)
        local v = softplus(t.parameter("spread", 1, S, start)) + least
        return mean(log(v) + (t.source - mu) ^ 2 / v) / 2
    end,
}
