;; A character name with a slip.
(display #\spce)
