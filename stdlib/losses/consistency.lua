-- consistency.lua -- the same prediction with noise on the features.
--
-- `pi`: both predictions are of noisy features, (1 / (B C)) sum_bc (p_bc - p'_bc)^2.
-- Laine, Aila 2017 (Temporal ensembling for semi-supervised learning, arXiv 1610.02242), the
-- Pi-model; its weight, which grows from 0, is a schedule of the objective.
--
-- `uda`: mean_b KL(p_b || p'_b) from the clean prediction p, a constant to the gradient, to the
-- noisy one. Xie et al. 2020 (Unsupervised data augmentation for consistency training, arXiv
-- 1904.12848).
--
-- The noise is N(0, sigma^2) on every feature, for the augmentations of images and text there.
return {
    kind = "regularizer",
    title = "the same prediction with noise on the features",
    formula = "pi: mean_bc (p_bc - p'_bc)^2; uda: mean_b KL(stop(p_b) || p'_b)",
    cite = { "Laine, Aila 2017 (arXiv 1610.02242)", "Xie et al. 2020 (arXiv 1904.12848)" },
    params = {
        sigma = { type = "number", default = 0.1, min = 0, max = 1e6,
                  doc = "standard deviation of the noise, in units of the features" },
        variant = { type = "choice", default = "pi", choices = "pi|uda",
                    doc = "squared error of two noisy predictions, or KL from the clean one" },
    },
    order = { "sigma", "variant" },
    reads = { "features" },
    loss = function(t)
        local function noisy()
            local noise = t.random_normal(t.rows, t.n_features)
            return t.student.forward(t.features + noise * t.params.sigma)
        end
        if t.params.variant == "pi" then
            return mean((noisy().probs - noisy().probs) ^ 2)
        end
        local clean = t.student
        local gap = detach(clean.log_probs) - noisy().log_probs
        return mean(row_sum(detach(clean.probs) * gap))
    end,
}
