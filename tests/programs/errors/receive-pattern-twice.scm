;; A pattern variable bound twice.
(receive ((x x) 'same))
