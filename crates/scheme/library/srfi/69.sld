;;; SRFI 69: basic hash tables. Tables with `eq?`, `eqv?`, `equal?` or `string=?` and the hash that goes with it are the
;;; machine's; others are records with a table of buckets, association lists by hash.

(define-library (srfi 69)
  (export
    make-hash-table hash-table? alist->hash-table
    hash-table-equivalence-function hash-table-hash-function
    hash-table-ref hash-table-ref/default hash-table-set! hash-table-delete! hash-table-exists?
    hash-table-update! hash-table-update!/default
    hash-table-size hash-table-keys hash-table-values hash-table-walk hash-table-fold hash-table->alist
    hash-table-copy hash-table-merge!
    hash string-hash string-ci-hash hash-by-identity)
  (import (scheme base)
          (only (scheme char) string-ci=? string-foldcase)
          (only (physics base) equal-hash eq-hash eqv-hash fold hash hash-table-contains?
                make-equal-hash-table make-eqv-hash-table make-string-hash-table procedure-arity-valid? remove
                string-hash)
          (prefix (only (physics base) hash-table? hash-table-equivalence-function hash-table-hash-function
                        hash-table-ref hash-table-ref/default hash-table-set! hash-table-delete! hash-table-size
                        hash-table-keys hash-table-values hash-table->alist hash-table-copy)
                  machine:))
  (begin
    (define hash-by-identity eqv-hash)

    (define (string-ci-hash string . bound) (apply string-hash (string-foldcase string) bound))

    ;; A hash for `=`, which does not tell exact numbers from others.
    (define (number-hash number . bound) (apply equal-hash (inexact number) bound))

    ;; One bucket: right for every equivalence, and as slow as a list.
    (define (no-hash key . bound) 0)

    ;; CODE is HASH for one argument. BUCKETS maps what it answers to entries (key . value).
    (define-record-type hash-table
      (make-own same? hash code buckets size)
      own?
      (same? own-same?)
      (hash own-hash)
      (code own-code)
      (buckets own-buckets)
      (size own-size set-own-size!))

    ;; Hashes of programs may insist on a bound.
    (define bound 1000000007)

    (define (make-hash-table . options)
      (let* ((same? (if (pair? options) (car options) equal?))
             (hash (if (and (pair? options) (pair? (cdr options))) (cadr options) (usual-hash same?))))
        (for-each (lambda (option)
                    (if (not (procedure? option))
                        (error "make-hash-table expects procedures for equivalence and hash, but got" option)))
                  (list same? hash))
        (or (machine-table same? hash)
            (make-own same?
                      hash
                      (if (procedure-arity-valid? hash 1) hash (lambda (key) (hash key bound)))
                      (make-eqv-hash-table)
                      0))))

    (define (usual-hash same?)
      (cond ((memv same? (list eq? eqv?)) hash-by-identity)
            ((eqv? same? equal?) equal-hash)
            ((eqv? same? string=?) string-hash)
            ((eqv? same? string-ci=?) string-ci-hash)
            ((eqv? same? =) number-hash)
            (else no-hash)))

    ;; The machine's table for SAME?, if HASH is its hash.
    (define (machine-table same? used)
      (cond ((and (memv same? (list eq? eqv?)) (memv used (list eqv-hash eq-hash))) (make-eqv-hash-table))
            ((and (eqv? same? equal?) (memv used (list equal-hash hash))) (make-equal-hash-table))
            ((and (eqv? same? string=?) (memv used (list string-hash hash equal-hash))) (make-string-hash-table))
            (else #f)))

    (define (hash-table? object) (or (own? object) (machine:hash-table? object)))

    (define (alist->hash-table list . options)
      (let ((table (apply make-hash-table options)))
        (for-each (lambda (entry)
                    (if (not (hash-table-exists? table (car entry)))
                        (hash-table-set! table (car entry) (cdr entry))))
                  list)
        table))

    (define (hash-table-equivalence-function table)
      (if (own? table) (own-same? table) (machine:hash-table-equivalence-function table)))

    (define (hash-table-hash-function table)
      (if (own? table) (own-hash table) (machine:hash-table-hash-function table)))

    (define (bucket table code) (machine:hash-table-ref/default (own-buckets table) code '()))

    ;; The entry of KEY, or #f.
    (define (own-entry table key)
      (assoc key (bucket table ((own-code table) key)) (own-same? table)))

    (define (hash-table-ref table key . options)
      (if (own? table)
          (let ((entry (own-entry table key)))
            (cond (entry (cdr entry))
                  ((pair? options) ((car options)))
                  (else (error "hash-table-ref: the table has no entry for" key))))
          (apply machine:hash-table-ref table key options)))

    (define (hash-table-ref/default table key default)
      (if (own? table)
          (let ((entry (own-entry table key)))
            (if entry (cdr entry) default))
          (machine:hash-table-ref/default table key default)))

    (define (hash-table-set! table key value)
      (if (own? table)
          (let* ((code ((own-code table) key))
                 (entries (bucket table code))
                 (entry (assoc key entries (own-same? table))))
            (if entry
                (set-cdr! entry value)
                (begin
                  (machine:hash-table-set! (own-buckets table) code (cons (cons key value) entries))
                  (set-own-size! table (+ (own-size table) 1)))))
          (machine:hash-table-set! table key value)))

    (define (hash-table-delete! table key)
      (if (own? table)
          (let* ((code ((own-code table) key))
                 (entries (bucket table code))
                 (entry (assoc key entries (own-same? table))))
            (if entry
                (let ((rest (remove (lambda (other) (eq? other entry)) entries)))
                  (if (null? rest)
                      (machine:hash-table-delete! (own-buckets table) code)
                      (machine:hash-table-set! (own-buckets table) code rest))
                  (set-own-size! table (- (own-size table) 1)))))
          (machine:hash-table-delete! table key)))

    (define (hash-table-exists? table key)
      (if (own? table)
          (pair? (own-entry table key))
          (hash-table-contains? table key)))

    (define (hash-table-update! table key update . options)
      (hash-table-set! table key (update (apply hash-table-ref table key options))))

    (define (hash-table-update!/default table key update default)
      (hash-table-set! table key (update (hash-table-ref/default table key default))))

    (define (hash-table-size table)
      (if (own? table) (own-size table) (machine:hash-table-size table)))

    (define (hash-table->alist table)
      (if (own? table)
          (fold (lambda (entries result)
                  (fold (lambda (entry result) (cons (cons (car entry) (cdr entry)) result)) result entries))
                '()
                (machine:hash-table-values (own-buckets table)))
          (machine:hash-table->alist table)))

    (define (hash-table-keys table)
      (if (own? table) (map car (hash-table->alist table)) (machine:hash-table-keys table)))

    (define (hash-table-values table)
      (if (own? table) (map cdr (hash-table->alist table)) (machine:hash-table-values table)))

    (define (hash-table-walk table procedure)
      (for-each (lambda (entry) (procedure (car entry) (cdr entry))) (hash-table->alist table)))

    (define (hash-table-fold table combine initial)
      (fold (lambda (entry result) (combine (car entry) (cdr entry) result))
            initial
            (hash-table->alist table)))

    (define (hash-table-copy table)
      (if (own? table)
          (let ((copy (make-own (own-same? table) (own-hash table) (own-code table) (make-eqv-hash-table) 0)))
            (hash-table-merge! copy table))
          (machine:hash-table-copy table)))

    (define (hash-table-merge! table other)
      (hash-table-walk other (lambda (key value) (hash-table-set! table key value)))
      table)))
