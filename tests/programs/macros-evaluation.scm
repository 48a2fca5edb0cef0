;; Macros that evaluate while the program is expanded: their sandbox has a compiler of its own, and forgets after each use.
(define-library (powers)
  (export power-table squared)
  (import (scheme base) (scheme cxr) (scheme eval) (scheme repl) (srfi 211 explicit-renaming) (prefix (srfi 1) l:))
  (begin
    (define (square-all numbers) (l:map (lambda (n) (* n n)) numbers))
    ;; A library's macro: what the library imports and what the machine has.
    (define-syntax power-table
      (er-macro-transformer
       (lambda (form rename compare)
         `(,(rename 'quote) ,(eval `(l:map (lambda (n) (expt ,(cadr form) n)) (l:iota ,(caddr form))))))))
    (define-syntax squared
      (er-macro-transformer
       (lambda (form rename compare)
         (list (rename 'square-all)
               (list (rename 'quote) (eval (cadr form) (interaction-environment)))))))))

(import (scheme base) (scheme write) (scheme eval) (scheme repl) (only (srfi 1) iota filter fold)
        (srfi 211 explicit-renaming) (powers))

(define (show . values)
  (for-each (lambda (value) (write value) (display " ")) values)
  (newline))

;; An expression's value, as a literal.
(define-syntax now
  (er-macro-transformer
   (lambda (form rename compare)
     `(,(rename 'quote) ,(eval (cadr form) (interaction-environment))))))
(show (now (+ 1 2)) (now (string-append "a" "b")) (now (vector 1 'x #\c)) (now (expt 2 100)))

;; It has what the program imports, even what the macro itself does not name.
(show (now (fold * 1 (cdr (iota 6)))))
(show (now (let sieve ((left (cddr (iota 50))))
             (if (null? left)
                 '()
                 (cons (car left)
                       (sieve (filter (lambda (n) (not (= 0 (modulo n (car left))))) left)))))))

;; A table that is made once, before the program runs.
(define crc-table
  (now (let ((table (make-vector 256)))
         (do ((n 0 (+ n 1))) ((= n 256) table)
           (vector-set! table n
             (let loop ((c n) (k 0))
               (cond ((= k 8) c)
                     ((odd? c) (loop (bitwise-xor 3988292384 (quotient c 2)) (+ k 1)))
                     (else (loop (quotient c 2) (+ k 1))))))))))
(show (vector-length crc-table) (vector-ref crc-table 1) (vector-ref crc-table 255))

;; An environment of imports has nothing else; what is wrong with a text can be handled at expansion.
(define-syntax in-base
  (er-macro-transformer
   (lambda (form rename compare)
     `(,(rename 'quote)
       ,(guard (e (#t (condition/report-string e)))
          (eval (cadr form) (environment '(scheme base) '(prefix (only (scheme char) char-upcase) c:))))))))
(show (in-base (string-map c:char-upcase "small")))
(show (in-base (char-upcase #\a)))
(show (in-base (if)))
(show (in-base (error "on purpose:" 1 2)))
(show (in-base (define x 1)))

;; Definitions and macros last for one use, not longer.
(define-syntax twice-defined
  (er-macro-transformer
   (lambda (form rename compare)
     (define (value expression)
       (guard (e (#t (condition/report-string e))) (eval expression)))
     (let ((before (value '(hidden 1))))
       (eval '(define count 0))
       (eval '(define-syntax hidden (syntax-rules () ((_ x) (begin (set! count (+ count x)) count)))))
       (let* ((first (eval '(hidden 1))) (second (eval '(hidden 2))))
         `(,(rename 'quote) (,before ,first ,second ,(value 'count))))))))
(show (twice-defined))
(show (twice-defined))

;; Text that is evaluated may evaluate, and may have macros with transformers that do.
(show (now (eval '(eval '(* 6 7)))))
(show (now (let-syntax ((inner (er-macro-transformer
                                (lambda (form rename compare)
                                  (list (rename '+) 1 (eval (cadr form)))))))
             (list (inner (* 2 3)) (inner (+ 4 5))))))

;; What the macros of a program insert is evaluated by its names.
(define-syntax sum-now (syntax-rules () ((_ x ...) (now (let ((t (+ x ...))) (* t t))))))
(show (sum-now 1 2 3))

;; The transformer itself may be made by evaluation.
(define-syntax made
  (er-macro-transformer (eval '(lambda (form rename compare) (list (rename '*) (cadr form) 2)))))
(show (made 21))

(show (power-table 3 5) (squared (reverse '(1 2 3))))
(show (procedure? eval) (eval '(+ 40 2) (environment '(scheme base))))
