;; Two data for one quote.
(display (quote a b))
