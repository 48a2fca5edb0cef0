;; Map and reduce over actors: words counted in parallel, tables merged.
(define me (self))
(define texts
  '("the quick brown fox jumps over the lazy dog"
    "the dog sleeps and the fox runs"
    "a quick dog and a lazy fox"
    "over and over the fox jumps"))
(define (words text)
  (let loop ((chars (string->list text)) (word '()) (out '()))
    (define (close) (if (null? word) out (cons (list->string (reverse word)) out)))
    (cond ((null? chars) (reverse (close)))
          ((char=? (car chars) #\space) (loop (cdr chars) '() (close)))
          (else (loop (cdr chars) (cons (car chars) word) out)))))
(define (count! table words)
  (for-each (lambda (word) (hash-table-update!/default table word (lambda (n) (+ n 1)) 0)) words)
  table)
(for-each
 (lambda (text) (spawn (lambda () (send me (list 'counts (hash-table->alist (count! (make-equal-hash-table) (words text))))))))
 texts)
(define total (make-equal-hash-table))
(for-each
 (lambda (text)
   (receive
     (('counts counts)
      (for-each (lambda (entry) (hash-table-update!/default total (car entry) (lambda (n) (+ n (cdr entry))) 0)) counts))))
 texts)
(for-each
 (lambda (entry) (display (cdr entry)) (display " ") (display (car entry)) (newline))
 (sort (hash-table->alist total)
       (lambda (a b) (or (> (cdr a) (cdr b)) (and (= (cdr a) (cdr b)) (string<? (car a) (car b)))))))
