return {
    kind = "shift",
    title = "fewer features than there were",
    shift = function(t)
        return slice(t.features, 1, 3)
    end,
}
