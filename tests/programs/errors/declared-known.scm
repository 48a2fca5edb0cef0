;; What the compiler knows before anything runs.
(: greeting (-> string string))
(define (greeting name) (string-append "Hello, " name))
(: length-of (->* any string))
(: count integer)
(define count "many")
(display (greeting 5))
