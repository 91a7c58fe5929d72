-- l2_output.lua -- the student's logits shall be the teacher's.
--
--     mean_b ||z_b - v_b||^2 / 2      v: the teacher's logits
--
-- Ba, Caruana 2014 (Do deep nets really need to be deep?, arXiv 1312.6184), equation 1. Unlike
-- cross-entropy it also draws the sum of the logits to the teacher's, and the size of its gradient
-- does not fade where both are sure.
return {
    kind = "target",
    title = "half the squared distance from the teacher's logits",
    formula = "mean_b ||z_b - v_b||^2 / 2, v the teacher's logits",
    cite = { "Ba, Caruana 2014 (arXiv 1312.6184)" },
    reads = { "guidance.logits" },
    loss = function(t)
        return mean(row_sum((t.student.logits - t.guidance.logits) ^ 2)) / 2
    end,
}
