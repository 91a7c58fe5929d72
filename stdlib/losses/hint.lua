-- hint.lua -- FitNets: a layer of the student, through a learned projection, shall give a layer of
-- the teacher.
--
--     mean_b (1 / S) sum_s (source_bs - (hidden_b W + c)_s)^2 / 2
--
-- Romero et al. 2015 (FitNets, arXiv 1412.6550), equation 3. The projection (W, c) is trained along
-- with the student and discarded. The mean over the S units is a choice of ours: the weight of the
-- term does not depend on the width of the teacher.
return {
    kind = "representation",
    title = "the teacher's layer from the student's, by a learned projection",
    formula = "mean_b mean_s (source_bs - (hidden_b W + c)_s)^2 / 2",
    cite = { "Romero et al. 2015 (arXiv 1412.6550)" },
    loss = function(t)
        local projection = t.parameter("projection", t.hidden.cols, t.source.cols)
        local bias = t.parameter("bias", 1, t.source.cols, 0)
        return mean((t.source - (matmul(t.hidden, projection) + bias)) ^ 2) / 2
    end,
}
