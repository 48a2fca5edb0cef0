;; Declarations that do not stand before their definitions.
(define (square n) (* n n))
(: square (-> number number))
(define (cube n)
  (: squared number)
  (* n (square n)))
