--! first
error('first\nsecond\nthird')
