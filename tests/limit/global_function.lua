--! the global 'exp' cannot be assigned
function exp(x) return x end
