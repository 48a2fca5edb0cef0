;; SRFI 69: every name of the library, on tables of the machine and on tables with an equivalence of their own.

(import (scheme base) (scheme char) (scheme write) (only (scheme list) iota) (srfi 69))

(define checks 0)

(define-syntax check
  (syntax-rules (=>)
    ((_ expression => expected)
     (let ((got expression))
       (set! checks (+ checks 1))
       (if (not (equal? got expected))
           (begin (write 'expression) (display " => ") (write got) (newline)))))))

(define-syntax complain
  (syntax-rules ()
    ((_ expression ...)
     (begin
       (guard (e (#t (write 'expression) (display ": ") (display (condition/report-string e)) (newline)))
         (let ((got expression)) (write 'expression) (display " answers ") (write got) (newline)))
       ...))))

(define (same-remainder? a b) (= (modulo a 10) (modulo b 10)))

;; Every kind of table: name, table, two keys that are different for it.
(define kinds
  (list (list 'default (make-hash-table) '(1) "b")
        (list 'eq (make-hash-table eq?) 'a 'b)
        (list 'eqv (make-hash-table eqv?) 1.5 2.5)
        (list 'equal (make-hash-table equal? hash) "a" #(1 2))
        (list 'string (make-hash-table string=? string-hash) "a" "A")
        (list 'string-ci (make-hash-table string-ci=?) "a" "b")
        (list 'string-ci-own (make-hash-table string-ci=? string-ci-hash) "straße" "b")
        (list 'numbers (make-hash-table =) 1 2.5)
        (list 'one-bucket (make-hash-table same-remainder?) 1 2)
        (list 'one-argument (make-hash-table same-remainder? (lambda (key) (modulo key 10))) 1 2)
        (list 'two-arguments (make-hash-table same-remainder? (lambda (key bound) (modulo (modulo key 10) bound)) 'unused) 1 2)
        (list 'collisions (make-hash-table equal? (lambda (key . bound) 7)) "a" "b")))

(for-each
 (lambda (kind)
   (let ((table (cadr kind)) (a (caddr kind)) (b (cadddr kind)))
     (check (map hash-table? (list table 'table '#() (list table))) => '(#t #f #f #f))
     (check (list (hash-table-size table) (hash-table-keys table) (hash-table-values table) (hash-table->alist table)) => '(0 () () ()))
     (hash-table-set! table a 1)
     (hash-table-set! table b 2)
     (hash-table-set! table a 3)
     (check (list (hash-table-size table) (hash-table-ref table a) (hash-table-ref/default table b 'none)) => '(2 3 2))
     (check (list (hash-table-exists? table a) (hash-table-ref table b (lambda () 'none))) => '(#t 2))
     (hash-table-update! table a (lambda (value) (* value 10)))
     (hash-table-update! table b - (lambda () 5))
     (hash-table-update!/default table a (lambda (value) (+ value 1)) 100)
     (check (list (hash-table-ref table a) (hash-table-ref table b)) => '(31 -2))
     (check (hash-table-fold table (lambda (key value sum) (+ sum value)) 0) => 29)
     (let ((sum 0))
       (hash-table-walk table (lambda (key value) (if (equal? key a) (set! sum (+ sum value)))))
       (check sum => 31))
     (let ((copy (hash-table-copy table)))
       (hash-table-delete! table a)
       (hash-table-delete! table a)
       (check (list (hash-table-size table) (hash-table-exists? table a) (hash-table-ref/default table a 'none)) => '(1 #f none))
       (check (hash-table->alist table) => (list (cons b -2)))
       (check (list (hash-table-size copy) (hash-table-ref copy a)) => '(2 31))
       (check (list (eq? (hash-table-equivalence-function copy) (hash-table-equivalence-function table))
                    (eq? (hash-table-hash-function copy) (hash-table-hash-function table)))
              => '(#t #t))
       (hash-table-set! copy b 'other)
       (check (eq? (hash-table-merge! table copy) table) => #t)
       (check (list (hash-table-ref table a) (hash-table-ref table b) (hash-table-size table)) => '(31 other 2)))
     (hash-table-update! table b (lambda (value) (list value)))
     (hash-table-delete! table a)
     (hash-table-update!/default table a (lambda (value) (+ value 1)) 100)
     (hash-table-delete! table b)
     (check (list (hash-table-keys table) (hash-table-values table)) => (list (list a) '(101)))
     (hash-table-update! table b (lambda (value) (cons 'new value)) (lambda () 'value))
     (check (hash-table-ref table b) => '(new . value))
     (check ((hash-table-equivalence-function table) a b) => #f)
     (check ((hash-table-equivalence-function table) a a) => #t)
     (check (procedure? (hash-table-hash-function table)) => #t)))
 kinds)

;; What is the same key, and what is not.
(define (kept same? . keys)
  (let ((table (make-hash-table same?)))
    (for-each (lambda (key) (hash-table-set! table key #t)) keys)
    (hash-table-size table)))
(check (list (kept eq? (string #\a) (string #\a)) (kept equal? (string #\a) (string #\a)) (kept string=? "a" (string #\a) "A")) => '(2 1 2))
(check (list (kept string-ci=? "Hello" "HELLO" "hello" "world") (kept = 1 1.0 2) (kept eqv? 1 1.0) (kept same-remainder? 1 11 21 2)) => '(2 2 2 2))

;; The first of several associations counts.
(check (hash-table->alist (alist->hash-table '((a . 1) (b . 2) (a . 3)))) => '((a . 1) (b . 2)))
(check (hash-table-ref (alist->hash-table '(("a" . 1) ("A" . 2) ("b" . 3)) string-ci=? string-ci-hash) "A") => 1)
(check (hash-table-size (alist->hash-table '((1 . a) (11 . b)) same-remainder? (lambda (key . bound) (modulo key 10)))) => 1)

;; Many keys, in the machine's table and in one's own.
(define (squares table)
  (for-each (lambda (n) (hash-table-set! table (number->string n) (* n n))) (iota 2000))
  (for-each (lambda (n) (if (odd? n) (hash-table-delete! table (number->string n)))) (iota 2000))
  (list (hash-table-size table) (hash-table-ref table "1998") (hash-table-exists? table "1999")
        (hash-table-fold table (lambda (key value sum) (+ sum value)) 0)))
(check (squares (make-hash-table string-ci=?)) => (squares (make-hash-table)))

;; Hashes.
(define pair (list 1))
(check (list (= (hash '(1 "a")) (hash (list 1 (string #\a)))) (< (hash 'x 7) 7) (= (hash-by-identity pair) (hash-by-identity pair)) (< (hash-by-identity pair 3) 3))
       => '(#t #t #t #t))
(check (let ((before (hash-by-identity pair))) (set-car! pair 2) (= before (hash-by-identity pair))) => #t)
(check (list (= (string-hash "abc") (string-hash (string #\a #\b #\c))) (< (string-hash "abc" 5) 5) (= (string-ci-hash "ABC") (string-ci-hash "abc")) (< (string-ci-hash "ABC" 5) 5))
       => '(#t #t #t #t))
(display checks) (display " checks") (newline)

;; A table goes to another actor as a copy.
(define ci (alist->hash-table '(("Key" . 1)) string-ci=?))
(let ((me (self)))
  (spawn (lambda () (hash-table-set! ci "KEY" 2) (hash-table-set! ci "other" 3) (send me ci)))
  (let ((theirs (receive)))
    (write (list (hash-table-ref theirs "key") (hash-table-size theirs) (hash-table-ref ci "key") (hash-table-size ci)))
    (newline)))

;; What is wrong is said.
(define table (make-hash-table string-ci=?))
(complain
  (hash-table-ref table "a") (hash-table-ref (make-hash-table) "a") (hash-table-ref table 5) (hash-table-update! table "a" values)
  (hash-table-ref 5 1) (hash-table-set! 5 1 2) (hash-table-delete! 5 1) (hash-table-exists? 5 1) (hash-table-size 5) (hash-table-keys 5)
  (hash-table-walk 5 list) (hash-table-fold '() list 0) (hash-table-copy 5) (hash-table-merge! table 5) (hash-table-merge! (make-hash-table) 5)
  (make-hash-table 'equal) (make-hash-table eq? 5) (alist->hash-table '((a . 1) b)) (alist->hash-table 5)
  (hash-table-equivalence-function 5) (hash-table-hash-function 5) (string-hash 5) (string-ci-hash 'a) (hash 1 0)
  (hash-table-set! (make-hash-table string=?) 5 1) (hash-table-set! (make-hash-table eq? (lambda () 5)) 1 2)
  (environment '(only (srfi 69) hash-table-count)))
