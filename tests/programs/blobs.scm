;; Blobs: large bytes that cannot be changed and that actors share.
(import (scheme base) (scheme write) (physics memory) (physics actor))

(define (show . parts) (for-each display parts) (newline))

(define bytes (make-bytevector 1000000 7))
(bytevector-u8-set! bytes 999999 9)
(define blob (bytevector->blob bytes))
(bytevector-u8-set! bytes 0 1)

;; It is a bytevector to whoever reads.
(show (blob? blob) " " (blob? bytes) " " (bytevector? blob) " " (bytevector-length blob))
(show (bytevector-u8-ref blob 0) " " (bytevector-u8-ref blob 999999) " " (equal? blob bytes))
(show (bytevector->blob (bytevector 1 2 3 4 5) 1 4) " " (bytevector->blob (bytevector)))
(show (eq? (bytevector->blob blob) blob) " " (eqv? (bytevector->blob blob 0 2) (bytevector->blob blob 0 2))
      " " (equal? (bytevector->blob blob 0 2) (bytevector 7 7)))
(show (utf8->string (bytevector->blob (string->utf8 "sn\x2603;w"))))

;; It cannot be changed, and a copy can.
(guard (c (#t (show (condition-kind c) ": " (error-object-message c))))
  (bytevector-u8-set! blob 0 1))
(let ((copy (bytevector-copy blob 0 3)))
  (bytevector-u8-set! copy 0 1)
  (show copy " " (blob? copy)))
(guard (c (#t (show (error-object-message c)))) (bytevector->blob "text"))
(guard (c (#t (show (error-object-message c)))) (bytevector->blob (bytevector 1 2) 1 3))

;; Others get it as it is: in a message, in what a thunk holds, in a global.
(define me (self))
(define (sum from) (if (= from 1000000) 0 (+ (bytevector-u8-ref blob from) (sum (+ from 100000)))))
(spawn (lambda () (send me (list 'global (sum 0) (blob? blob)))))
(let ((mine (bytevector->blob (bytevector 5 6))))
  (spawn (lambda () (send me (list 'held mine (blob? mine))))))
(define (echo) (receive ((from what) (send from (list 'back what what)))))
(send (spawn echo) (list me blob))
(let ((found (receive (('back a b) (list (eq? a blob) (eq? a b))))))
  (show "back " found))
(show (receive (('global . rest) rest)))
(show (receive (('held . rest) rest)))

;; A thousand messages of a megabyte fit where a copy of each would not.
(define (keep n all) (if (= n 0) (length all) (receive (('take b) (keep (- n 1) (cons b all))))))
(define keeper (spawn (lambda () (send me (list 'kept (keep 1000 '()))))))
(do ((n 0 (+ n 1))) ((= n 1000)) (send keeper (list 'take blob)))
(show (receive (('kept n) n)))

;; It goes with its last holder.
(define weak (make-weak-reference (bytevector->blob (make-bytevector 100 1))))
(define (churn n) (if (= n 0) '() (cons n (churn (- n 1)))))
(churn 50)
(gc)
(show (weak-reference-value weak))
(define table (list (cons blob 'found)))
(show (cdr (assoc (bytevector-copy blob) table)))
