;; Strings compared as numbers.
(if (< "apple" "pear") 'first 'second)
