--! expected numbers or tensors around ^, found a string
local x = '2' ^ 3
