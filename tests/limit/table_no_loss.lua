--! loss: absent
return { kind = 'target', title = 'x' }
