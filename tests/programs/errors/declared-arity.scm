;; A declaration that does not fit its procedure.
(: area (-> number number number))
(define (area width) (* width width))
(display (area 3))
