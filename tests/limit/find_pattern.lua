--! there are no patterns
local i = ('x'):find('.', 1, false)
