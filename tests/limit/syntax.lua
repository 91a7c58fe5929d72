--! unfinished string
local x = 'abc
