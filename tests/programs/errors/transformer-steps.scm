;; Transformers that take long, many times over.
(define-syntax slow (er-macro-transformer (lambda (form rename compare) (let loop ((n 0)) (if (< n 3000000) (loop (+ n 1)) n)))))
(define (f) (list (slow) (slow) (slow) (slow) (slow) (slow) (slow) (slow) (slow) (slow) (slow) (slow) (slow) (slow) (slow) (slow) (slow) (slow) (slow) (slow)))
