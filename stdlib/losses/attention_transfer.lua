-- attention_transfer.lua -- the student shall spend its activation on the units the teacher does.
--
--     mean_b || a(source_b) - a(hidden_b) ||^2,  a(x) = x^2 / ||x^2||, unit by unit
--
-- Zagoruyko, Komodakis 2017 (Paying more attention to attention, arXiv 1612.03928), equation 2 with
-- p = 2. Their maps are over places in an image, summed over channels; a flat layer has units in
-- their stead, so that both layers need the same number. The square of the norm is that of the
-- authors' code.
return {
    kind = "representation",
    title = "the same share of activation on each unit",
    formula = "mean_b ||a(source_b) - a(hidden_b)||^2, a(x) = x^2 / ||x^2||",
    cite = { "Zagoruyko, Komodakis 2017 (arXiv 1612.03928)" },
    loss = function(t)
        if t.source.cols ~= t.hidden.cols then
            error(string.format("attention_transfer: the layers must be of one width, "
                                .. "found %d units in the teacher's and %d in the student's\n"
                                .. "hint, cka and similarity_preserving take any two widths.",
                                t.source.cols, t.hidden.cols), 0)
        end
        return mean(row_sum((normalize(t.source ^ 2) - normalize(t.hidden ^ 2)) ^ 2))
    end,
}
