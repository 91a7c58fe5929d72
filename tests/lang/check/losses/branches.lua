return {
    kind = "target",
    title = "control flow on a tensor",
    loss = function(t)
        local p = t.student.probs
        if p > 0.5 then
            p = p * p
        end
        return mean(p)
    end,
}
