--! title: a control character in the text
return { kind = 'target', title = 'a\nb', loss = function(t) end }
