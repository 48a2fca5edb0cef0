;; Macros that are written in Scheme (SRFI 211): they run in a sandbox while the program is expanded.
(import (scheme base) (scheme write) (srfi 1) (srfi 211 explicit-renaming))

(define (show . values)
  (for-each (lambda (value) (write value) (display " ")) values)
  (newline))

;; Hygiene: what is renamed means what it means here, whatever is bound where the macro is used.
(define-syntax swap!
  (er-macro-transformer
   (lambda (form rename compare)
     (let ((a (cadr form)) (b (caddr form)))
       `(,(rename 'let) ((,(rename 'tmp) ,a))
         (,(rename 'set!) ,a ,b)
         (,(rename 'set!) ,b ,(rename 'tmp)))))))
(define tmp 1)
(define other 2)
(swap! tmp other)
(show tmp other)
(let ((let 5) (tmp 6) (set! list))
  (swap! let tmp)
  (show let tmp (set! 1 2)))

;; A name that is not renamed is the user's: the loop binds `exit` for its body.
(define-syntax loop-with-exit
  (er-macro-transformer
   (lambda (form rename compare)
     `(,(rename 'call/cc)
       (,(rename 'lambda) (exit)
        (,(rename 'let) ,(rename 'again) () ,@(cdr form) (,(rename 'again))))))))
(define n 0)
(show (loop-with-exit (set! n (+ n 1)) (if (= n 5) (exit (* n n)))))

;; Compare asks what names mean, not how they are spelt.
(define-syntax my-cond
  (er-macro-transformer
   (lambda (form rename compare)
     (let ((clause (cadr form)) (more (cddr form)))
       (cond ((compare (car clause) (rename 'else)) `(,(rename 'begin) ,@(cdr clause)))
             ((null? more) `(,(rename 'if) ,(car clause) (,(rename 'begin) ,@(cdr clause)) 'none))
             (else `(,(rename 'if) ,(car clause)
                     (,(rename 'begin) ,@(cdr clause))
                     (,(rename 'my-cond) ,@more))))))))
(show (my-cond (#f 1) ((= 1 2) 2) (else 3))
      (let ((else #f)) (my-cond (#f 1) (else 3)))
      (let ((if list) (begin 1)) (my-cond (#t if begin))))

(define-syntax compared
  (er-macro-transformer
   (lambda (form rename compare)
     `(quote ,(list (compare (rename 'nowhere) 'nowhere) ; unbound, of one name
                    (compare (rename 'car) 'cdr)
                    (compare (cadr form) (rename 'if))
                    (compare '(a) '(a))
                    (eq? (rename 'x) (rename 'x))
                    (eq? (rename 'x) 'x)
                    (identifier? (rename 'x))
                    (identifier? "x"))))))
(show (compared if) (let ((if 1)) (compared if)))

;; In bodies and in let-syntax and letrec-syntax.
(define (add-ten x)
  (define ten 10)
  (define-syntax add-it
    (er-macro-transformer
     (lambda (form rename compare) `(,(rename '+) ,(rename 'ten) ,(cadr form)))))
  (let ((+ *)) (add-it x)))
(show (add-ten 5)
      (let-syntax ((five (er-macro-transformer (lambda (form rename compare) 5)))) (+ (five) 1))
      (letrec-syntax ((even-items?
                       (er-macro-transformer
                        (lambda (form rename compare)
                          (if (null? (cdr form)) #t (cons (rename 'odd-items?) (cddr form))))))
                      (odd-items?
                       (er-macro-transformer
                        (lambda (form rename compare)
                          (if (null? (cdr form)) #f (cons (rename 'even-items?) (cddr form)))))))
        (list (even-items? a b) (even-items? a b c))))

;; Libraries that the program imports are there at expansion.
(define-syntax sum-of-evens
  (er-macro-transformer
   (lambda (form rename compare) (fold + 0 (filter even? (cdr form))))))
(show (sum-of-evens 1 2 3 4))

;; New names, names made of others, definitions.
(define-syntax my-or
  (er-macro-transformer
   (lambda (form rename compare)
     (let ((value (gensym)))
       `(let ((,value ,(cadr form))) (if ,value ,value ,(caddr form)))))))
(define-syntax define-getter
  (er-macro-transformer
   (lambda (form rename compare)
     (let* ((name (symbol->string (cadr form)))
            (getter (string->symbol (string-append "get-" name))))
       `(,(rename 'define) (,getter) ,(cadr form))))))
(define-getter other)
(show (my-or #f tmp) (get-other))

;; Rename takes whole templates; all kinds of data come back.
(define-syntax renamed
  (er-macro-transformer
   (lambda (form rename compare) (rename '(let ((x 1) (v '#(a x))) (list x v))))))
(define-syntax quoted
  (er-macro-transformer
   (lambda (form rename compare) `(,(rename 'quote) ,(vector (cdr form) (cddr form) (rename 'a))))))
(show (let ((let 1) (list 2)) (renamed))
      (quoted a #(b "c" #\d 1.5) (x . y) 1/2 -123456789012345678901234567890 #u8(1 2)))

;; Macros that define macros, of both kinds.
(define-syntax define-constant-macro
  (syntax-rules ()
    ((_ name value)
     (define-syntax name (er-macro-transformer (lambda (form rename compare) value))))))
(define-syntax define-rules
  (er-macro-transformer
   (lambda (form rename compare)
     `(,(rename 'define-syntax) ,(cadr form)
       (,(rename 'syntax-rules) () ((,(rename '_) x) (list 'x ,(caddr form) x)))))))
(define-constant-macro seven 7)
(define-rules nine 9)
(show (seven) (nine tmp))

;; Every use begins anew: what a transformer has counted is forgotten.
(define-syntax count
  (er-macro-transformer
   (let ((uses 0))
     (lambda (form rename compare)
       (set! uses (+ uses 1))
       uses))))
(show (count) (count))

;; In libraries, where names mean what they mean there.
(define-library (bank)
  (export deposit! twice)
  (import (scheme base) (scheme cxr) (srfi 211 explicit-renaming))
  (begin
    (define (double x) (* 2 x))
    (define-syntax twice
      (er-macro-transformer (lambda (form rename compare) `(,(rename 'double) ,(cadr form)))))
    (define-syntax deposit!
      (er-macro-transformer
       (lambda (form rename compare)
         `(,(rename 'set!) ,(cadr form) (,(rename '+) ,(cadr form) ,(caddr form))))))))
(import (prefix (bank) bank:))
(define account 1)
(let ((double 0) (+ -) (set! list)) (bank:deposit! account 41) (show double (bank:twice account)))

;; A library of helpers can be used at expansion and at run time.
(define-library (helpers)
  (export pairs-of)
  (import (scheme base))
  (begin
    (define (pairs-of items)
      (if (null? items) '() (cons (list (car items) (cadr items)) (pairs-of (cddr items)))))))
(import (helpers))
(define-syntax let-flat
  (er-macro-transformer
   (lambda (form rename compare) `(,(rename 'let) ,(pairs-of (cadr form)) ,@(cddr form)))))
(show (let-flat (a 1 b 2) (+ a b)) (pairs-of '(1 2 3 4)))

;; eval has them too.
(eval '(define-syntax negated
        (er-macro-transformer (lambda (form rename compare) (list (rename '-) (cadr form)))))
      (interaction-environment))
(show (eval '(let ((- +)) (negated 5)) (interaction-environment)))
