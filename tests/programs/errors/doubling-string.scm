;; A string doubled until the heap is full.
(define (double text) (double (string-append text text)))
(double "x")
