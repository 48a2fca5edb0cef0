;; A transformer whose answer contains itself.
(define-syntax m (er-macro-transformer (lambda (form rename compare) (let ((l (list 1 2))) (set-cdr! l l) l))))
(display (m))
