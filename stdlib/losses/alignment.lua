-- alignment.lua -- rows of one class shall lie together in the teacher's and the student's layer,
-- rows of different classes apart.
--
--     mean_{y_i = y_j} d_ij^2 / 2 + mean_{y_i != y_j} max(0, margin - d_ij)^2 / 2
--     d_ij = |source_i - hidden_j|
--
-- Motiian et al. 2017 (Unified deep supervised domain adaptation and generalization, CCSA, arXiv
-- 1709.10190): their two domains are the two models here, seen on one batch. Layers of different
-- widths meet in the teacher's, by a learned projection of the student's. Each mean is over its own
-- pairs; without any it is 0.
return {
    kind = "representation",
    title = "classes together, across teacher and student, and apart from each other",
    formula = "mean_{y_i = y_j} d_ij^2 / 2 + mean_{y_i != y_j} max(0, margin - d_ij)^2 / 2",
    cite = { "Motiian et al. 2017 (arXiv 1709.10190)" },
    params = {
        margin = { type = "number", default = 1, min = 0, max = 1e6,
                   doc = "distance from which rows of different classes are apart enough" },
    },
    reads = { "labels" },
    loss = function(t)
        local hidden = t.hidden
        if hidden.cols ~= t.source.cols then
            hidden = matmul(hidden, t.parameter("projection", hidden.cols, t.source.cols))
        end
        local same = matmul(t.labels, transpose(t.labels))
        local together = same * pairwise_squared(t.source, hidden)
        local distance = pairwise_distance(t.source, hidden)
        local apart = (1 - same) * relu(t.params.margin - distance) ^ 2
        return sum(together) / maximum(sum(same), 1) / 2
            + sum(apart) / maximum(sum(1 - same), 1) / 2
    end,
}
