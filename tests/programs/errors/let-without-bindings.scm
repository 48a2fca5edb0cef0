;; A let whose bindings are not written as a list of pairs.
(let (x 5)
  x)
