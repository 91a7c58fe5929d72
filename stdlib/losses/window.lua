-- window.lua -- confidence window: only rows of which the student is unsure learn from the teacher.
--
--     (1 / B) sum_b [max_c p_bc < 1/C + r] CE(q_b, p_b)
--
-- EleutherAI 2024, Experiments in weak-to-strong generalization (blog.eleuther.ai/weak-to-strong;
-- github.com/EleutherAI/w2s, confidence_window_loss), for two classes, where the bound is 1/2 + r.
-- As there, the sum is divided by all rows, so that fewer unsure rows mean smaller steps.
-- `midweak`: r is the median of the teacher's confidence max_c q_bc - 1/C, there over the training
-- data, here over the batch.
return {
    kind = "target",
    title = "cross-entropy on the rows of which the student is unsure",
    formula = "mean_b [max_c p_bc < 1/C + radius] CE(q_b, p_b)",
    cite = { "EleutherAI 2024 (blog.eleuther.ai/weak-to-strong)" },
    params = {
        radius = { type = "number", default = 0.15, min = 0, max = 1,
                   doc = "how far above 1/C the student's confidence may lie" },
        midweak = { type = "bool", default = false,
                    doc = "take the median of the teacher's confidence as radius instead" },
    },
    order = { "radius", "midweak" },
    loss = function(t)
        local q, chance = t.guidance.probs, 1 / t.classes
        local bound = chance + t.params.radius
        if t.params.midweak then
            bound = quantile(max(q, "classes"), 0.5)
        end
        local unsure = lt(max(t.student.probs, "classes"), bound)
        return mean(unsure * -row_sum(q * t.student.log_probs))
    end,
}
