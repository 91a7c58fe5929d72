return {
    kind = "shift",
    title = "the label beside the features",
    reads = { "labels" },
    params = { size = { type = "number", default = 1, min = 0, max = 5 } },
    shift = function(t)
        return t.features + t.params.size * mean(column(t.labels, 1))
    end,
}
