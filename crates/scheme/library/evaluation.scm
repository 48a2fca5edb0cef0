;;; Evaluation at run time: what is evaluated is written as text, which the compiler reads in an environment.

(define (interaction-environment) (%make-environment #f))

(define (%written datum)
  (call-with-output-string (lambda (port) (write datum port))))

(define (environment . imports)
  (let ((made (%make-environment
               (call-with-output-string
                (lambda (port)
                  (for-each (lambda (import) (write import port) (write-char #\space port)) imports))))))
    ((%compile "" made))
    made))

(define (eval expression . environments)
  (cond ((null? environments) ((%compile (%written expression) (%make-environment #f))))
        ((null? (cdr environments)) ((%compile (%written expression) (car environments))))
        (else (error "eval: expected an expression and an environment, got more:" (cdr environments)))))

;; The environments of the standard before this one.
(define (scheme-report-environment version)
  (if (not (eqv? version 5)) (error "scheme-report-environment: only version 5 is there, not" version))
  (environment '(scheme r5rs)))

(define (null-environment version)
  (if (not (eqv? version 5)) (error "null-environment: only version 5 is there, not" version))
  (environment '(only (scheme r5rs) and begin case cond define define-syntax delay do else => ... _ if lambda let let*
                      let-syntax letrec letrec-syntax or quasiquote quote set! syntax-rules unquote unquote-splicing)))

;;; Transformers: macros that are written in Scheme.

(define (identifier? object) (symbol? object))

;; Transforms the use of the macro that is being expanded, if there is one: a transformer is made before it is used.
(define (%transform transformer)
  (if (not (procedure? transformer))
      (error "a transformer must be a procedure such as (lambda (form rename compare) ...), not" transformer))
  (let ((form (%macro-use)))
    (if form (transformer form %rename %compare))))

(define (%rename datum)
  (cond ((symbol? datum) (%rename-identifier datum))
        ((pair? datum) (cons (%rename (car datum)) (%rename (cdr datum))))
        ((vector? datum) (vector-map %rename datum))
        (else datum)))

(define (%compare a b)
  (if (and (symbol? a) (symbol? b))
      (%same-identifier? a b)
      (eqv? a b)))

;; What stands in a transformer for what only a running program has.
(define (%unavailable name)
  (lambda arguments
    (error (string-append "`" name "` is not available while a macro is being expanded"))))
