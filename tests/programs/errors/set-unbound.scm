;; Assigning a variable that does not exist.
(set! nowhere 5)
