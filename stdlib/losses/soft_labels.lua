-- soft_labels.lua -- distillation: the teacher's softened probabilities as targets.
--
--     T^2 mean_b CE(q_b, softmax(z_b / T)),  q = softmax(teacher's logits / T)
--
-- Hinton, Vinyals, Dean 2015 (arXiv 1503.02531), section 2. guidance.probs has been softened by T
-- already; T^2 keeps the size of the gradient when T changes.
return {
    kind = "target",
    title = "cross-entropy with the teacher's probabilities",
    formula = "T^2 mean_b -sum_c q_bc log softmax(z_b / T)_c",
    cite = { "Hinton, Vinyals, Dean 2015 (arXiv 1503.02531)" },
    params = {
        temperature = { type = "number", default = 1, min = 1e-3, max = 1e3,
                        doc = "softens teacher and student; the loss is scaled by its square" },
    },
    loss = function(t)
        local T = t.params.temperature
        if T == 1 then
            return cross_entropy(t.guidance.probs, t.student.logits)
        end
        return cross_entropy(t.guidance.probs, t.student.logits / T) * (T * T)
    end,
}
