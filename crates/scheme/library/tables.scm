;;; Hash tables: the procedures that take procedures. #(missing) is a constant that no program can get hold of.

(define (hash-table-ref table key . options)
  (let ((value (hash-table-ref/default table key '#(missing))))
    (cond ((eq? value '#(missing))
           (if (and (pair? options) (car options))
               ((car options))
               (error "hash-table-ref: the table has no entry for" key)))
          ((and (pair? options) (pair? (cdr options))) ((car (cdr options)) value))
          (else value))))

(define (hash-table-update! table key update . options)
  (let ((value (hash-table-ref/default table key '#(missing))))
    (hash-table-set! table
                     key
                     (update
                      (cond ((not (eq? value '#(missing))) value)
                            ((pair? options) ((car options)))
                            (else (error "hash-table-update!: the table has no entry for" key)))))))

(define (hash-table-update!/default table key update default)
  (hash-table-set! table key (update (hash-table-ref/default table key default))))

(define (hash-table-intern! table key make)
  (let ((value (hash-table-ref/default table key '#(missing))))
    (if (eq? value '#(missing))
        (let ((value (make)))
          (hash-table-set! table key value)
          value)
        value)))

(define (hash-table-walk table procedure)
  (for-each (lambda (entry) (procedure (car entry) (cdr entry)))
            (hash-table->alist table)))

(define (hash-table-for-each table procedure)
  (if (procedure? table)
      (hash-table-walk procedure table)
      (hash-table-walk table procedure)))

(define (hash-table-map table procedure)
  (map (lambda (entry) (procedure (car entry) (cdr entry)))
       (hash-table->alist table)))

(define (hash-table-fold table combine initial)
  (fold (lambda (entry result) (combine (car entry) (cdr entry) result))
        initial
        (hash-table->alist table)))

(define (hash-table-prune! drop? table)
  (hash-table-walk table
                   (lambda (key value)
                     (if (drop? key value) (hash-table-delete! table key)))))

(define (alist->hash-table list . options)
  (let ((table (make-equal-hash-table)))
    (for-each (lambda (entry)
                (if (not (hash-table-contains? table (car entry)))
                    (hash-table-set! table (car entry) (cdr entry))))
              list)
    table))

(define (hash-table/get table key default) (hash-table-ref/default table key default))
(define (hash-table/put! table key value) (hash-table-set! table key value))
(define (hash-table/remove! table key) (hash-table-delete! table key))
(define (hash-table/count table) (hash-table-count table))
(define (hash-table-datum-list table) (hash-table-values table))
(define (hash-table-key-list table) (hash-table-keys table))

(define (hash-table-equivalence-function table)
  (vector-ref (vector equal? eqv? string=?) (%hash-table-kind table)))

(define (hash-table-hash-function table)
  (vector-ref (vector equal-hash eqv-hash string-hash) (%hash-table-kind table)))
