--! expected the file to return a table, found a number
return 1
