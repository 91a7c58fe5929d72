-- pkt.lua -- probabilistic knowledge transfer: a row shall have the same neighbours, with the same
-- probabilities, in the student's layer as in the teacher's.
--
--     mean_i sum_{j != i} P_ij log(P_ij / Q_ij)      P: source, Q: hidden
--     P_ij = K_ij / sum_{k != i} K_ik,  K_ij = (cos(x_i, x_j) + 1) / 2
--
-- Passalis, Tefas 2018 (Learning deep representations with probabilistic knowledge transfer, arXiv
-- 1803.10837). The mean over rows, for the paper's sum, keeps the weight of the term when the size
-- of batches changes. Similarities are at least 1e-7, as opposite rows would have none.
local least = 1e-7

local function neighbours(x, others)
    local similarity = maximum((cosine_similarity(x, x) + 1) / 2, least) * others
    return similarity / row_sum(similarity)
end

return {
    kind = "representation",
    title = "the same neighbours as in the teacher's layer",
    formula = "mean_i sum_{j != i} P_ij log(P_ij / Q_ij)",
    cite = { "Passalis, Tefas 2018 (arXiv 1803.10837)" },
    loss = function(t)
        if t.rows < 2 then
            error("pkt: rows of a batch are compared, expected at least 2, found 1", 0)
        end
        local itself = identity(t.rows)
        local p, q = neighbours(t.source, 1 - itself), neighbours(t.hidden, 1 - itself)
        return mean(row_sum(p * (log(p + itself) - log(q + itself))))
    end,
}
