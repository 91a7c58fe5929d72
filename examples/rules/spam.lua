-- spam.lua -- what people say gives spam away, and what speaks against it.
-- Frequencies are percent of all words, or of all characters, of a mail. Nothing here was fitted: the thresholds are
-- round numbers. The names and places of one mailbox (hp, george, 650) are left out on purpose: rules shall be broad.

local function any(row, least, ...)
    for _, name in ipairs { ... } do
        if row[name] > least then return true end
    end
    return false
end

return {
    title = "signs of advertising, and signs of work",
    cite = {
        "Hopkins, Reeber, Forman & Suermondt 1999, Spambase, UCI Machine Learning Repository, 10.24432/C53G6X",
    },
    classes = { "nonspam", "spam" },
    rules = {
        { id = "remove", text = "who tells how to be removed from a list has put people on one",
          cite = "CAN-SPAM Act of 2003, 15 U.S.C. 7704(a)(5)(A)(ii): notice of how to decline further messages",
          vote = function(row)
              if row.remove > 0 then return class("spam") end
          end },
        { id = "money", text = "money is what advertising is about",
          vote = function(row)
              if row.money > 0 then return class("spam") end
          end },
        { id = "dollars", text = "prices: dollar signs, and amounts in thousands", depends = { "money" },
          vote = function(row)
              if row.charDollar > 0.1 or row.num000 > 0 then return class("spam") end
          end },
        { id = "free", text = "something is free, and that is worth an exclamation mark",
          vote = function(row)
              if row.free > 0 and row.charExclamation > 0 then return class("spam") end
          end },
        { id = "credit", text = "credit and business are offered",
          vote = function(row)
              if any(row, 0.2, "credit", "business") then return probs { nonspam = 0.2, spam = 0.8 } end
          end },
        { id = "shouting", text = "long runs of capitals are mostly shouts",
          vote = function(row)
              if row.capitalLong > 100 then return probs { nonspam = 0.2, spam = 0.8 } end
          end },
        { id = "exclaiming", text = "many exclamation marks", depends = { "free" },
          vote = function(row)
              if row.charExclamation > 0.5 then return probs { nonspam = 0.2, spam = 0.8 } end
          end },
        { id = "order", text = "an order form: receive, order, mail, address in one letter",
          vote = function(row)
              if row.order > 0 and any(row, 0, "receive", "addresses", "address") then return class("spam") end
          end },
        { id = "work", text = "meetings, projects and conferences are work",
          vote = function(row)
              if any(row, 0, "meeting", "project", "conference") then return not_class("spam") end
          end },
        { id = "study", text = "so are universities and computer science",
          vote = function(row)
              if any(row, 0, "edu", "cs") then return not_class("spam") end
          end },
        { id = "answer", text = "replies, originals and tables come from someone one writes to",
          vote = function(row)
              if any(row, 0.1, "re", "original", "table") then return probs { nonspam = 0.8, spam = 0.2 } end
          end },
        { id = "quiet", text = "no exclamation mark, no dollar sign, no shout: an ordinary letter",
          depends = { "shouting", "exclaiming", "dollars" },
          vote = function(row)
              if row.charExclamation == 0 and row.charDollar == 0 and row.capitalLong < 20 then
                  return class("nonspam")
              end
          end },
    },
}
