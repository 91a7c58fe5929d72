--! 'getmetatable' is not defined
getmetatable('').__index = nil
