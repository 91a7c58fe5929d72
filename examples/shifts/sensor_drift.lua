-- sensor_drift.lua -- a shift of one's own, which a .w2s file names by its path: every row is scaled by a gain of
-- its own, and every feature gets noise that grows with its size.
return {
    kind = "shift",
    title = "a gain for each row, and noise in proportion to the signal",
    formula = "x_d (1 + gain u + noise n_d), u and n_d normal",
    params = {
        gain = { type = "number", default = 0.2, min = 0, max = 10, doc = "standard deviation of the gain of a row" },
        noise = { type = "number", default = 0.1, min = 0, max = 10, doc = "standard deviation for each feature" },
    },
    order = { "gain", "noise" },
    shift = function(t)
        local gain = t.params.gain * t.random_normal(1, 1)
        local noise = t.params.noise * t.random_normal(1, t.n_features)
        return t.features * (1 + gain + noise)
    end,
}
