;;; Memoization: procedures that remember what they answered, for the arguments that were used last.
;;;
;;; A memoized procedure holds a vector #(procedure table limit newest oldest hits misses evictions on?). The table's keys are
;;; lists of arguments, its values nodes #(key value newer older) of a list in the order of use, which #f ends. A call of
;;; (%memo-key) alone answers that vector.

(define (%memo-key) '#(memo))

(define (memoize procedure . options)
  (let ((limit (if (pair? options) (car options) 1000)))
    (cond ((not (procedure? procedure))
           (error "memoize: expected a procedure, got" procedure))
          ((not (and (exact-integer? limit) (> limit 0)))
           (error "memoize: expected an exact positive integer as the limit, got" limit))
          (else (%memoized (vector procedure (make-equal-hash-table) limit #f #f 0 0 0 #t))))))

(define (%memoized memo)
  (named-lambda (memoized . arguments)
    (cond ((and (pair? arguments) (eq? (car arguments) (%memo-key))) memo)
          ((vector-ref memo 8)
           (let ((node (hash-table-ref/default (vector-ref memo 1) arguments #f)))
             (if node
                 (begin
                   (vector-set! memo 5 (+ (vector-ref memo 5) 1))
                   (if (not (eq? node (vector-ref memo 3)))
                       (begin (%memo-unlink! memo node) (%memo-link! memo node)))
                   (vector-ref node 1))
                 (begin
                   (vector-set! memo 6 (+ (vector-ref memo 6) 1))
                   (%memo-keep! memo arguments (%apply (vector-ref memo 0) arguments))))))
          (else (%apply (vector-ref memo 0) arguments)))))

;; Makes NODE the newest.
(define (%memo-link! memo node)
  (let ((newest (vector-ref memo 3)))
    (vector-set! node 2 #f)
    (vector-set! node 3 newest)
    (if newest (vector-set! newest 2 node) (vector-set! memo 4 node))
    (vector-set! memo 3 node)))

(define (%memo-unlink! memo node)
  (let ((newer (vector-ref node 2)) (older (vector-ref node 3)))
    (if newer (vector-set! newer 3 older) (vector-set! memo 3 older))
    (if older (vector-set! older 2 newer) (vector-set! memo 4 newer))))

;; A call within the procedure may have kept the same arguments meanwhile, or have switched the cache off.
(define (%memo-keep! memo arguments value)
  (let ((table (vector-ref memo 1)))
    (if (and (vector-ref memo 8) (not (hash-table-contains? table arguments)))
        (let ((node (vector arguments value #f #f)))
          (if (>= (hash-table-count table) (vector-ref memo 2))
              (let ((oldest (vector-ref memo 4)))
                (hash-table-delete! table (vector-ref oldest 0))
                (%memo-unlink! memo oldest)
                (vector-set! memo 7 (+ (vector-ref memo 7) 1))))
          (hash-table-set! table arguments node)
          (%memo-link! memo node)))
    value))

;; The vector of a memoized procedure. No other procedure is called to find that out.
(define (%memo-of procedure operation)
  (if (memoized? procedure)
      (procedure (%memo-key))
      (error (string-append operation ": expected a memoized procedure, got") procedure)))

(define (memoization-statistics procedure)
  (let ((memo (%memo-of procedure "memoization-statistics")))
    (list (cons 'hits (vector-ref memo 5))
          (cons 'misses (vector-ref memo 6))
          (cons 'evictions (vector-ref memo 7))
          (cons 'size (hash-table-count (vector-ref memo 1)))
          (cons 'limit (vector-ref memo 2)))))

(define (memoization-clear! procedure)
  (let ((memo (%memo-of procedure "memoization-clear!")))
    (hash-table-clear! (vector-ref memo 1))
    (vector-set! memo 3 #f)
    (vector-set! memo 4 #f)))

(define (memoization-enable! procedure on?)
  (let ((memo (%memo-of procedure "memoization-enable!")))
    (if (not on?) (memoization-clear! procedure))
    (vector-set! memo 8 (if on? #t #f))))
