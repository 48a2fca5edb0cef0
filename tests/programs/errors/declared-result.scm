;; A result of another type than declared: the procedure is to blame.
(: initial (-> string char))
(define (initial name)
  (if (string=? name "")
      (string->symbol "none")
      (string-ref name 0)))
(display (initial "Ada"))
(display (initial (string-append "")))
