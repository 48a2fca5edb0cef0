;; A character where a string is wanted.
(string-upcase #\a)
