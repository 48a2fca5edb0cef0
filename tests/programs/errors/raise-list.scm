;; Raising a list.
(raise (list 'code 42 "text"))
