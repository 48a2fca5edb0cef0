;;; Lists: the procedures that take procedures. Results are gathered backwards and reversed, so that a continuation
;;; that is entered again never sees a list that has changed.

(define (map procedure first . others)
  (if (null? others)
      (let next ((list first) (results '()))
        (if (pair? list)
            (next (cdr list) (cons (procedure (car list)) results))
            (if (null? list)
                (reverse results)
                (error "map: expected a list, got" first))))
      (let next ((lists (cons first others)) (results '()))
        (if (%any-empty? lists)
            (reverse results)
            (next (%cdrs lists) (cons (%apply procedure (%cars lists)) results))))))

(define (for-each procedure first . others)
  (if (null? others)
      (let next ((list first))
        (if (pair? list)
            (begin
              (procedure (car list))
              (next (cdr list)))
            (if (not (null? list)) (error "for-each: expected a list, got" first))))
      (let next ((lists (cons first others)))
        (if (not (%any-empty? lists))
            (begin
              (%apply procedure (%cars lists))
              (next (%cdrs lists)))))))

(define (%any-empty? lists)
  (and (pair? lists)
       (or (not (pair? (car lists)))
           (%any-empty? (cdr lists)))))

(define (%cars lists)
  (let next ((lists lists) (results '()))
    (if (null? lists)
        (reverse results)
        (next (cdr lists) (cons (car (car lists)) results)))))

(define (%cdrs lists)
  (let next ((lists lists) (results '()))
    (if (null? lists)
        (reverse results)
        (next (cdr lists) (cons (cdr (car lists)) results)))))

(define (append-map procedure first . others)
  (%apply append (%apply map (cons procedure (cons first others)))))

(define (filter-map procedure first . others)
  (filter (lambda (item) item) (%apply map (cons procedure (cons first others)))))

(define (filter keep? list)
  (let next ((list list) (results '()))
    (if (null? list)
        (reverse results)
        (next (cdr list)
              (if (keep? (car list)) (cons (car list) results) results)))))

(define (remove drop? list)
  (let next ((list list) (results '()))
    (if (null? list)
        (reverse results)
        (next (cdr list)
              (if (drop? (car list)) results (cons (car list) results))))))

(define (partition in? list)
  (let next ((list list) (in '()) (out '()))
    (cond ((null? list) (values (reverse in) (reverse out)))
          ((in? (car list)) (next (cdr list) (cons (car list) in) out))
          (else (next (cdr list) in (cons (car list) out))))))

(define (reduce combine initial list)
  (if (null? list)
      initial
      (let next ((list (cdr list)) (result (car list)))
        (if (null? list)
            result
            (next (cdr list) (combine (car list) result))))))

(define (reduce-left combine initial list)
  (if (null? list)
      initial
      (let next ((list (cdr list)) (result (car list)))
        (if (null? list)
            result
            (next (cdr list) (combine result (car list)))))))

(define (reduce-right combine initial list)
  (if (null? list)
      initial
      (let ((items (reverse list)))
        (let next ((items (cdr items)) (result (car items)))
          (if (null? items)
              result
              (next (cdr items) (combine (car items) result)))))))

(define (fold-left combine initial first . others)
  (if (null? others)
      (let next ((list first) (result initial))
        (if (null? list)
            result
            (next (cdr list) (combine result (car list)))))
      (let next ((lists (cons first others)) (result initial))
        (if (%any-empty? lists)
            result
            (next (%cdrs lists) (%apply combine (cons result (%cars lists))))))))

(define (fold-right combine initial first . others)
  (if (null? others)
      (let next ((items (reverse first)) (result initial))
        (if (null? items)
            result
            (next (cdr items) (combine (car items) result))))
      (let gather ((lists (cons first others)) (rows '()))
        (if (%any-empty? lists)
            (let next ((rows rows) (result initial))
              (if (null? rows)
                  result
                  (next (cdr rows) (%apply combine (append (car rows) (list result))))))
            (gather (%cdrs lists) (cons (%cars lists) rows))))))

(define (fold combine initial first . others)
  (if (null? others)
      (let next ((list first) (result initial))
        (if (null? list)
            result
            (next (cdr list) (combine (car list) result))))
      (let next ((lists (cons first others)) (result initial))
        (if (%any-empty? lists)
            result
            (next (%cdrs lists) (%apply combine (append (%cars lists) (list result))))))))

(define (find found? list)
  (let next ((list list))
    (cond ((null? list) #f)
          ((found? (car list)) (car list))
          (else (next (cdr list))))))

(define (find-tail found? list)
  (let next ((list list))
    (cond ((null? list) #f)
          ((found? (car list)) list)
          (else (next (cdr list))))))

(define (list-index found? first . others)
  (if (null? others)
      (let next ((list first) (index 0))
        (cond ((null? list) #f)
              ((found? (car list)) index)
              (else (next (cdr list) (+ index 1)))))
      (let next ((lists (cons first others)) (index 0))
        (cond ((%any-empty? lists) #f)
              ((%apply found? (%cars lists)) index)
              (else (next (%cdrs lists) (+ index 1)))))))

(define (any found? first . others)
  (if (null? others)
      (let next ((list first))
        (cond ((null? list) #f)
              ((null? (cdr list)) (found? (car list)))
              (else (or (found? (car list)) (next (cdr list))))))
      (let ((lists (cons first others)))
        (if (%any-empty? lists)
            #f
            (let next ((row (%cars lists)) (rests (%cdrs lists)))
              (if (%any-empty? rests)
                  (%apply found? row)
                  (or (%apply found? row) (next (%cars rests) (%cdrs rests)))))))))

(define (every right? first . others)
  (if (null? others)
      (let next ((list first))
        (cond ((null? list) #t)
              ((null? (cdr list)) (right? (car list)))
              (else (and (right? (car list)) (next (cdr list))))))
      (let ((lists (cons first others)))
        (if (%any-empty? lists)
            #t
            (let next ((row (%cars lists)) (rests (%cdrs lists)))
              (if (%any-empty? rests)
                  (%apply right? row)
                  (and (%apply right? row) (next (%cars rests) (%cdrs rests)))))))))

(define (count counted? first . others)
  (if (null? others)
      (let next ((list first) (total 0))
        (if (null? list)
            total
            (next (cdr list) (if (counted? (car list)) (+ total 1) total))))
      (let next ((lists (cons first others)) (total 0))
        (if (%any-empty? lists)
            total
            (next (%cdrs lists) (if (%apply counted? (%cars lists)) (+ total 1) total))))))

(define (delete item list . options)
  (let ((same? (if (pair? options) (car options) equal?)))
    (remove (lambda (other) (same? item other)) list)))

(define (delete! item list . options)
  (%apply delete (cons item (cons list options))))

(define (delete-duplicates list . options)
  (let ((same? (if (pair? options) (car options) equal?)))
    (let next ((list list) (results '()))
      (cond ((null? list) (reverse results))
            ((any (lambda (kept) (same? kept (car list))) results) (next (cdr list) results))
            (else (next (cdr list) (cons (car list) results)))))))

(define (member item list . options)
  (if (pair? options)
      (let ((same? (car options)))
        (let next ((list list))
          (cond ((null? list) #f)
                ((same? item (car list)) list)
                (else (next (cdr list))))))
      (%member item list)))

(define (assoc key list . options)
  (if (pair? options)
      (let ((same? (car options)))
        (let next ((list list))
          (cond ((null? list) #f)
                ((same? key (car (car list))) (car list))
                (else (next (cdr list))))))
      (%assoc key list)))

(define (del-assq key list) (remove (lambda (entry) (eq? (car entry) key)) list))
(define (del-assv key list) (remove (lambda (entry) (eqv? (car entry) key)) list))
(define (del-assoc key list) (remove (lambda (entry) (equal? (car entry) key)) list))

(define (alist-copy list)
  (map (lambda (entry) (if (pair? entry) (cons (car entry) (cdr entry)) entry)) list))

(define (append-reverse reversed tail)
  (if (null? reversed)
      tail
      (append-reverse (cdr reversed) (cons (car reversed) tail))))

(define (append-reverse! reversed tail) (append-reverse reversed tail))

(define (list-tabulate count procedure)
  (if (not (exact-nonnegative-integer? count))
      (error "list-tabulate expects a count, but got" count))
  (let next ((index 0) (results '()))
    (if (= index count)
        (reverse results)
        (next (+ index 1) (cons (procedure index) results)))))

(define (make-initialized-list count procedure) (list-tabulate count procedure))
(define (build-list count procedure) (list-tabulate count procedure))

(define (first list) (car list))
(define (second list) (cadr list))
(define (third list) (caddr list))
(define (fourth list) (cadddr list))
(define (fifth list) (car (cddddr list)))
(define (last list) (car (last-pair list)))

(define (except-last-pair list) (list-head list (- (length list) 1)))
(define (except-last-pair! list) (except-last-pair list))

(define (sublist list start end) (list-head (list-tail list start) (- end start)))

(define (take list count) (list-head list count))
(define (drop list count) (list-tail list count))

(define (take-while keep? list)
  (let next ((list list) (results '()))
    (if (and (pair? list) (keep? (car list)))
        (next (cdr list) (cons (car list) results))
        (reverse results))))

(define (drop-while drop? list)
  (if (and (pair? list) (drop? (car list)))
      (drop-while drop? (cdr list))
      list))

(define (span keep? list)
  (let next ((list list) (kept '()))
    (if (and (pair? list) (keep? (car list)))
        (next (cdr list) (cons (car list) kept))
        (values (reverse kept) list))))

(define (break stop? list) (span (lambda (item) (not (stop? item))) list))

(define (unfold stop? item next seed . options)
  (let again ((seed seed) (results '()))
    (if (stop? seed)
        (append-reverse results (if (pair? options) ((car options) seed) '()))
        (again (next seed) (cons (item seed) results)))))
