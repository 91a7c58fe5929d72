-- product_confidence.lua -- targets proportional to a product of the student's and the teacher's
-- probabilities.
--
--     mean_b CE(r_b, p_b),  r_bc = p_bc^beta q_bc^alpha / sum_c p_bc^beta q_bc^alpha
--
-- The code published with Burns et al. 2023 (arXiv 2312.09390): openai/weak-to-strong, loss.py,
-- product_loss_fn. r is a constant to the gradient. Computed as softmax(beta log p + alpha log q),
-- which cannot underflow to 0 / 0. A zero in q gives a zero in r, except at alpha = 0, where
-- 0^0 = 1.
return {
    kind = "target",
    title = "targets proportional to student^beta times teacher^alpha",
    formula = "mean_b CE(r_b, p_b), r ~ p^beta q^alpha",
    cite = { "Burns et al. 2023 (arXiv 2312.09390), published code" },
    params = {
        alpha = { type = "number", default = 1, min = 0, max = 1e3,
                  doc = "exponent of the teacher's probabilities" },
        beta = { type = "number", default = 1, min = 0, max = 1e3,
                 doc = "exponent of the student's probabilities" },
    },
    order = { "alpha", "beta" },
    loss = function(t)
        local score = t.student.log_probs * t.params.beta
        if t.params.alpha ~= 0 then
            score = score + log(t.guidance.probs) * t.params.alpha
        end
        return cross_entropy(detach(softmax(score)), t.student.logits)
    end,
}
