--! tensors cannot be compared with ==
return {
    kind = "regularizer",
    title = "hostile",
    params = { gamma = { type = "number", default = 1 } },
    reads = { "features" },
    loss = function(t)
        if t.progress == sum(t.student.probs) then return t.progress end
    end,
}
