;; A transformer defines one variable after the other.
(define-syntax m
  (er-macro-transformer
   (lambda (form rename compare)
     (let loop ((n 0))
       (eval `(define ,(string->symbol (string-append "v" (number->string n))) ,n))
       (loop (+ n 1))))))
(display (m))
