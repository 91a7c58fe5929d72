--! reads: 'guidance.logits' are there in losses of kind 'target' only
return { kind = 'regularizer', title = 'x', reads = { 'guidance.logits' }, loss = function(t) end }
