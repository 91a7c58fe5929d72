--! library_assigned.lua:2: 'calls' of a library cannot be assigned
math.calls = 1
