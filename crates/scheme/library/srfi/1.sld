;;; SRFI 1: lists. What the machine has with the meaning that the SRFI gives it is exported as it is. The procedures with
;;; an exclamation mark may change their arguments and need not: except `append!` and `reverse!` they are the others.

(define-library (srfi 1)
  (export
    ;; Constructors.
    cons list xcons cons* make-list list-tabulate list-copy circular-list iota
    ;; Predicates.
    pair? null? (rename list? proper-list?) circular-list? dotted-list? not-pair? null-list? list=
    ;; Selectors.
    car cdr caar cadr cdar cddr
    caaar caadr cadar caddr cdaar cdadr cddar cdddr
    caaaar caaadr caadar caaddr cadaar cadadr caddar cadddr
    cdaaar cdaadr cdadar cdaddr cddaar cddadr cdddar cddddr
    list-ref first second third fourth fifth sixth seventh eighth ninth tenth car+cdr
    take drop take-right drop-right split-at last last-pair
    (rename take take!) (rename drop-right drop-right!) (rename split-at split-at!)
    ;; Lengths, appending, transposing.
    length length+ append concatenate reverse append-reverse zip unzip1 unzip2 unzip3 unzip4 unzip5 count
    append! (rename concatenate concatenate!) reverse! append-reverse!
    ;; Folding and mapping.
    map for-each fold unfold pair-fold reduce fold-right unfold-right pair-fold-right reduce-right
    append-map pair-for-each filter-map (rename map map-in-order) (rename map map!)
    (rename append-map append-map!)
    ;; Filtering and searching.
    filter partition remove (rename filter filter!) (rename partition partition!) (rename remove remove!)
    find find-tail any every list-index take-while drop-while span break
    (rename take-while take-while!) (rename span span!) (rename break break!)
    member memq memv
    ;; Deleting.
    delete delete-duplicates delete! (rename delete-duplicates delete-duplicates!)
    ;; Association lists.
    assoc assq assv alist-cons alist-copy alist-delete (rename alist-delete alist-delete!)
    ;; Sets.
    lset<= lset= lset-adjoin lset-union lset-intersection lset-difference lset-xor lset-diff+intersection
    (rename lset-union lset-union!) (rename lset-intersection lset-intersection!)
    (rename lset-difference lset-difference!) (rename lset-xor lset-xor!)
    (rename lset-diff+intersection lset-diff+intersection!)
    ;; Assigning.
    set-car! set-cdr!)
  (import (physics base))
  (begin
    (define (xcons a b) (cons b a))

    (define (circular-list first . others)
      (let ((list (cons first others)))
        (set-cdr! (last-pair list) list)
        list))

    ;; What LIST ends with; #f if it has no end.
    (define (end-of list)
      (let next ((slow list) (fast list))
        (cond ((not (pair? fast)) fast)
              ((not (pair? (cdr fast))) (cdr fast))
              (else
               (let ((slow (cdr slow)) (fast (cddr fast)))
                 (if (eq? slow fast)
                     circular-list
                     (next slow fast)))))))

    (define (circular-list? object) (eq? (end-of object) circular-list))

    (define (dotted-list? object)
      (let ((end (end-of object)))
        (not (or (null? end) (eq? end circular-list)))))

    (define (not-pair? object) (not (pair? object)))

    (define (null-list? list)
      (cond ((pair? list) #f)
            ((null? list) #t)
            (else (error "null-list? expects a list, but got" list))))

    (define (list= same? . lists)
      (or (null? lists)
          (let next ((list (car lists)) (others (cdr lists)))
            (or (null? others)
                (and (two-lists= same? list (car others))
                     (next (car others) (cdr others)))))))

    (define (two-lists= same? a b)
      (cond ((null-list? a) (null-list? b))
            ((null-list? b) #f)
            (else (and (same? (car a) (car b))
                       (two-lists= same? (cdr a) (cdr b))))))

    (define (sixth list) (list-ref list 5))
    (define (seventh list) (list-ref list 6))
    (define (eighth list) (list-ref list 7))
    (define (ninth list) (list-ref list 8))
    (define (tenth list) (list-ref list 9))

    (define (car+cdr pair) (values (car pair) (cdr pair)))

    (define (take-right list count)
      (let next ((list list) (ahead (drop list count)))
        (if (pair? ahead)
            (next (cdr list) (cdr ahead))
            list)))

    (define (drop-right list count)
      (let next ((list list) (ahead (drop list count)) (items '()))
        (if (pair? ahead)
            (next (cdr list) (cdr ahead) (cons (car list) items))
            (reverse items))))

    (define (split-at list count) (values (take list count) (drop list count)))

    (define (length+ list) (if (circular-list? list) #f (length list)))

    (define (concatenate lists) (apply append lists))

    (define (zip first . others) (apply map list first others))

    (define (unzip1 lists) (map first lists))
    (define (unzip2 lists) (values (map first lists) (map second lists)))
    (define (unzip3 lists) (values (map first lists) (map second lists) (map third lists)))
    (define (unzip4 lists)
      (values (map first lists) (map second lists) (map third lists) (map fourth lists)))
    (define (unzip5 lists)
      (values (map first lists) (map second lists) (map third lists) (map fourth lists) (map fifth lists)))

    (define (unfold-right stop? item next seed . options)
      (let again ((seed seed) (results (if (pair? options) (car options) '())))
        (if (stop? seed)
            results
            (again (next seed) (cons (item seed) results)))))

    ;; The pairs of LIST, the last one first.
    (define (reversed-pairs list)
      (let next ((list list) (pairs '()))
        (if (null-list? list)
            pairs
            (next (cdr list) (cons list pairs)))))

    ;; Rows of the pairs of LISTS at the same places, the last row first.
    (define (reversed-rows lists)
      (let next ((lists lists) (rows '()))
        (if (any null-list? lists)
            rows
            (next (map cdr lists) (cons lists rows)))))

    ;; A pair is left before COMBINE sees it and may change it.
    (define (pair-fold combine initial first . others)
      (if (null? others)
          (let next ((list first) (result initial))
            (if (null-list? list)
                result
                (let ((rest (cdr list)))
                  (next rest (combine list result)))))
          (let next ((lists (cons first others)) (result initial))
            (if (any null-list? lists)
                result
                (let ((rests (map cdr lists)))
                  (next rests (apply combine (append lists (list result)))))))))

    (define (pair-fold-right combine initial first . others)
      (if (null? others)
          (fold combine initial (reversed-pairs first))
          (fold (lambda (row result) (apply combine (append row (list result))))
                initial
                (reversed-rows (cons first others)))))

    (define (pair-for-each procedure first . others)
      (if (null? others)
          (let next ((list first))
            (if (not (null-list? list))
                (let ((rest (cdr list)))
                  (procedure list)
                  (next rest))))
          (let next ((lists (cons first others)))
            (if (not (any null-list? lists))
                (let ((rests (map cdr lists)))
                  (apply procedure lists)
                  (next rests))))))

    (define (alist-cons key value list) (cons (cons key value) list))

    (define (alist-delete key list . options)
      (let ((same? (if (pair? options) (car options) equal?)))
        (remove (lambda (entry) (same? key (car entry))) list)))

    ;; Is every item of A the same as one of B?
    (define (subset? same? a b)
      (every (lambda (item) (member item b same?)) a))

    ;; Is each of LISTS in RELATION to the next?
    (define (chain? relation lists)
      (or (null? lists)
          (let next ((list (car lists)) (others (cdr lists)))
            (or (null? others)
                (and (or (eq? list (car others)) (relation list (car others)))
                     (next (car others) (cdr others)))))))

    (define (lset<= same? . lists)
      (chain? (lambda (a b) (subset? same? a b)) lists))

    (define (lset= same? . lists)
      (chain? (lambda (a b)
                (and (subset? same? a b)
                     (subset? (lambda (in-b in-a) (same? in-a in-b)) b a)))
              lists))

    (define (adjoin same? item list)
      (if (any (lambda (present) (same? present item)) list)
          list
          (cons item list)))

    (define (lset-adjoin same? list . items)
      (fold (lambda (item result) (adjoin same? item result)) list items))

    (define (lset-union same? . lists)
      (fold (lambda (list result)
              (cond ((null? list) result)
                    ((null? result) list)
                    ((eq? list result) result)
                    (else (fold (lambda (item result) (adjoin same? item result)) result list))))
            '()
            lists))

    (define (lset-intersection same? first . others)
      (filter (lambda (item) (every (lambda (list) (member item list same?)) others))
              first))

    (define (lset-difference same? first . others)
      (remove (lambda (item) (any (lambda (list) (member item list same?)) others))
              first))

    (define (lset-diff+intersection same? first . others)
      (partition (lambda (item) (not (any (lambda (list) (member item list same?)) others)))
                 first))

    (define (lset-xor same? . lists)
      (reduce (lambda (b a)
                (append-reverse (lset-difference same? a b)
                                (lset-difference (lambda (in-b in-a) (same? in-a in-b)) b a)))
              '()
              lists))))
