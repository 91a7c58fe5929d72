return {
    kind = "shift",
    title = "a feature by a name that is not there",
    shift = function(t)
        return t.features * column(t.features, t.feature("capitalTotl"))
    end,
}
