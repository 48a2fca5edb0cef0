; Trees of every size, after the benchmark by Ellis, Kovac and Boehm: a long-lived tree and vector, and short-lived trees that
; are built from the leaves up and from the root down.
(define (make-tree depth)
  (if (= depth 0)
      (vector #f #f 0 0)
      (let ((left (make-tree (- depth 1))))
        (vector left (make-tree (- depth 1)) 0 0))))

(define (populate! depth node)
  (when (> depth 0)
    (vector-set! node 0 (vector #f #f 0 0))
    (vector-set! node 1 (vector #f #f 0 0))
    (populate! (- depth 1) (vector-ref node 0))
    (populate! (- depth 1) (vector-ref node 1))))

(define (count-nodes tree)
  (if (vector-ref tree 0)
      (+ 1 (count-nodes (vector-ref tree 0)) (count-nodes (vector-ref tree 1)))
      1))

(define (tree-size depth) (- (expt 2 (+ depth 1)) 1))

(define long-lived-depth 16)
(define stretch-depth 17)

(define (build depth)
  (let ((times (quotient (* 2 (tree-size stretch-depth)) (tree-size depth))))
    (do ((turn 0 (+ turn 1))) ((= turn times))
      (populate! depth (vector #f #f 0 0)))
    (do ((turn 0 (+ turn 1))) ((= turn times))
      (make-tree depth))))

(make-tree stretch-depth)
(define long-lived (vector #f #f 0 0))
(populate! long-lived-depth long-lived)
(define numbers (make-vector 100000 0.0))
(do ((index 1 (+ index 1))) ((= index 50000))
  (vector-set! numbers index (/ 1.0 index)))
(do ((depth 4 (+ depth 2))) ((> depth 16))
  (build depth))
(list (count-nodes long-lived) (vector-ref numbers 1000))
