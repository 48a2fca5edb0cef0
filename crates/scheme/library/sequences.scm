;;; Vectors and strings: the procedures that take procedures, and what is simple enough in Scheme.

(define (vector-map procedure first . others)
  (if (not (vector? first)) (error "vector-map: expected a vector, got" first))
  (if (null? others)
      (let ((length (vector-length first)))
        (let next ((index 0) (results '()))
          (if (= index length)
              (list->vector (reverse results))
              (next (+ index 1) (cons (procedure (vector-ref first index)) results)))))
      (list->vector (%apply map (cons procedure (map vector->list (cons first others)))))))

(define (vector-for-each procedure first . others)
  (if (not (vector? first)) (error "vector-for-each: expected a vector, got" first))
  (if (null? others)
      (let ((length (vector-length first)))
        (let next ((index 0))
          (if (< index length)
              (begin
                (procedure (vector-ref first index))
                (next (+ index 1))))))
      (%apply for-each (cons procedure (map vector->list (cons first others))))))

(define (make-initialized-vector length procedure)
  (list->vector (list-tabulate length procedure)))

(define (vector-tabulate procedure length)
  (list->vector (list-tabulate length procedure)))

(define (build-vector length procedure)
  (list->vector (list-tabulate length procedure)))

(define (vector-count counted? vector)
  (let next ((index 0) (total 0))
    (if (= index (vector-length vector))
        total
        (next (+ index 1) (if (counted? (vector-ref vector index)) (+ total 1) total)))))

(define (vector-fold combine initial vector)
  (let next ((index 0) (result initial))
    (if (= index (vector-length vector))
        result
        (next (+ index 1) (combine result (vector-ref vector index))))))

(define (vector-index found? vector)
  (let next ((index 0))
    (cond ((= index (vector-length vector)) #f)
          ((found? (vector-ref vector index)) index)
          (else (next (+ index 1))))))

;; (COMPARE key item) is negative, zero or positive.
(define (vector-binary-search vector key compare)
  (let next ((low 0) (high (- (vector-length vector) 1)))
    (if (> low high)
        #f
        (let* ((middle (quotient (+ low high) 2))
               (order (compare key (vector-ref vector middle))))
          (cond ((= order 0) (vector-ref vector middle))
                ((< order 0) (next low (- middle 1)))
                (else (next (+ middle 1) high)))))))

(define (vector-swap! vector i j)
  (let ((item (vector-ref vector i)))
    (vector-set! vector i (vector-ref vector j))
    (vector-set! vector j item)))

(define (vector-first vector) (vector-ref vector 0))
(define (vector-last vector) (vector-ref vector (- (vector-length vector) 1)))

(define (string-map procedure first . others)
  (if (not (string? first)) (error "string-map: expected a string, got" first))
  (list->string (%apply map (cons procedure (map string->list (cons first others))))))

(define (string-for-each procedure first . others)
  (if (not (string? first)) (error "string-for-each: expected a string, got" first))
  (if (null? others)
      (let ((length (string-length first)))
        (let next ((index 0))
          (if (< index length)
              (begin
                (procedure (string-ref first index))
                (next (+ index 1))))))
      (%apply for-each (cons procedure (map string->list (cons first others))))))

(define (string-count string counted? . range)
  (count (if (char? counted?) (lambda (c) (char=? c counted?)) counted?)
         (%apply string->list (cons string range))))

(define (string-index string wanted)
  (let ((found? (if (char? wanted) (lambda (c) (char=? c wanted)) wanted))
        (length (string-length string)))
    (let next ((index 0))
      (cond ((= index length) #f)
            ((found? (string-ref string index)) index)
            (else (next (+ index 1)))))))

(define (string-rindex string wanted)
  (let ((found? (if (char? wanted) (lambda (c) (char=? c wanted)) wanted)))
    (let next ((index (- (string-length string) 1)))
      (cond ((< index 0) #f)
            ((found? (string-ref string index)) index)
            (else (next (- index 1)))))))

(define (string-contains string pattern)
  (string-search-forward pattern string 0))

(define (string-join strings . options)
  (let ((delimiter (if (pair? options) (car options) " ")))
    (if (null? strings)
        ""
        (let next ((rest (cdr strings)) (parts (list (car strings))))
          (if (null? rest)
              (%apply string-append (reverse parts))
              (next (cdr rest) (cons (car rest) (cons delimiter parts))))))))

;; The parts of STRING between the characters DELIMITER.
(define (string-split string delimiter)
  (let ((length (string-length string)))
    (let next ((start 0) (index 0) (parts '()))
      (cond ((= index length) (reverse (cons (substring string start index) parts)))
            ((char=? (string-ref string index) delimiter)
             (next (+ index 1) (+ index 1) (cons (substring string start index) parts)))
            (else (next start (+ index 1) parts))))))

(define (string-trim string) (string-trim-left (string-trim-right string)))

(define (string-trim-left string)
  (let ((length (string-length string)))
    (let next ((index 0))
      (if (and (< index length) (char-whitespace? (string-ref string index)))
          (next (+ index 1))
          (substring string index length)))))

(define (string-trim-right string)
  (let next ((end (string-length string)))
    (if (and (> end 0) (char-whitespace? (string-ref string (- end 1))))
        (next (- end 1))
        (substring string 0 end))))

;; Pads, or cuts, on the left.
(define (string-pad-left string length . options)
  (let ((own (string-length string)))
    (if (>= own length)
        (substring string (- own length) own)
        (string-append (make-string (- length own) (if (pair? options) (car options) #\space)) string))))

;; Pads, or cuts, on the right.
(define (string-pad-right string length . options)
  (let ((own (string-length string)))
    (if (>= own length)
        (substring string 0 length)
        (string-append string (make-string (- length own) (if (pair? options) (car options) #\space))))))

(define (char-ascii? c) (< (char->integer c) 128))

(define (exact-floor number) (exact (floor number)))
(define (exact-ceiling number) (exact (ceiling number)))
(define (exact-round number) (exact (round number)))
(define (exact-truncate number) (exact (truncate number)))
