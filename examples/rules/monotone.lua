-- monotone.lua -- more of what sells must not make a mail look less like spam.
--
-- Each row is changed five times: one of the words or signs below occurs more often, all else stays. The probability
-- of spam may fall by no more than the slack. Features are in the units the student sees: standardised, so `by` counts
-- standard deviations. Monotonicity by paired rows follows Sill & Abu-Mostafa 1997; Gupta et al. 2019 penalise
-- slopes instead, which the standard library's `monotone` does.
local spam = 2

return {
    kind = "constraint",
    title = "more of what sells must not look less like spam",
    formula = "max_i max(0, p(spam | x) - p(spam | x + by e_i))",
    cite = { "Sill & Abu-Mostafa 1997, Monotonicity hints, NIPS 9", "Gupta et al. 2019 (arXiv 1909.10662)" },
    params = { by = { type = "number", default = 1, min = 0, max = 100, doc = "how much a feature is raised" } },
    reads = { "features" },
    broken = function(t)
        local before = column(t.student.probs, spam)
        local worst = zeros(t.rows, 1)
        for _, name in ipairs { "free", "credit", "money", "charExclamation", "charDollar" } do
            local more = one_hot(fill(t.feature(name), t.rows, 1), t.n_features)
            local after = column(t.student.forward(t.features + t.params.by * more).probs, spam)
            worst = maximum(worst, before - after)
        end
        return worst
    end,
}
