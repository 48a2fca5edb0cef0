;; A list of numbers is no text.
(list->string '(1 2 3))
