-- plackett_luce.lua -- likelihood of a whole ranking, drawn row by row without replacement.
--
--     mean_p sum_{i=1}^{n} -log(exp s_pi / sum_{j>=i} exp s_pj),  n = K - 1, or the first `top`
--
-- Luce 1959 (Individual choice behavior); Plackett 1975 (The analysis of permutations, Applied
-- Statistics 24); as a loss ListMLE, Xia et al. 2008 (Listwise approach to learning to rank, ICML).
-- With two rows it is Bradley-Terry.
return {
    kind = "preference",
    title = "likelihood of a ranking under Plackett-Luce",
    formula = "mean_p sum_i -log(exp s_pi / sum_{j>=i} exp s_pj)",
    cite = { "Luce 1959", "Plackett 1975 (Applied Statistics 24)", "Xia et al. 2008 (ICML)" },
    params = {
        top = { type = "whole", default = 0, min = 0, max = 1e6,
                doc = "how many of the first places count; 0: all" },
    },
    loss = function(t)
        local s, k, top = t.scores, t.scores.cols, t.params.top
        local rest = column(s, k) -- log sum exp of the scores behind row i
        local total = 0
        for i = k - 1, 1, -1 do
            local behind = softplus(rest - column(s, i))
            if top == 0 or i <= top then
                total = total + behind
            end
            rest = column(s, i) + behind
        end
        return mean(total)
    end,
}
