;;; Deeply nested data for `eval`: an answer, or an error that says how deep is too deep; never the end of the host's stack.

(define (nest depth wrap inner)
  (if (= depth 0) inner (nest (- depth 1) wrap (wrap inner))))

(define shapes
  (list
   (cons 'calls (lambda (inner) `(+ 1 ,inner)))
   (cons 'lambdas (lambda (inner) `((lambda (x) (+ x ,inner)) 1)))
   (cons 'lets (lambda (inner) `(let ((x 1)) (+ x ,inner))))
   (cons 'loops (lambda (inner) `(let loop ((n 1)) (if (= n 0) ,inner (loop (- n 1))))))
   (cons 'conds (lambda (inner) `(cond (#f 0) (else (+ 1 ,inner)))))
   (cons 'cases (lambda (inner) `(case 1 ((1) (+ 1 ,inner)) (else 0))))
   (cons 'guards (lambda (inner) `(guard (c (#t 0)) (+ 1 ,inner))))
   (cons 'quasiquotes (lambda (inner) `(car (quasiquote ((unquote ,inner) 1)))))
   (cons 'letrecs (lambda (inner) `(letrec ((f (lambda () (+ 1 ,inner)))) (f))))
   (cons 'bodies (lambda (inner) `(let () (define x 1) (+ x ,inner))))
   (cons 'values (lambda (inner) `(call-with-values (lambda () (values 1 ,inner)) +)))
   (cons 'macros (lambda (inner) `(let-syntax ((m (syntax-rules () ((_ e) (+ 1 e))))) (m ,inner))))))

(define (outcome depth wrap)
  (guard (c ((error-object? c) 'refused))
    (eval (nest depth wrap 0))))

(for-each
 (lambda (shape)
   (display (car shape))
   (for-each
    (lambda (depth)
      (display " ")
      (display (outcome depth (cdr shape))))
    '(50 90 280 2000 20000))
   (newline))
 shapes)
