--! loss: expected a function, found a number
return { kind = 'target', title = 'x', loss = 1 }
