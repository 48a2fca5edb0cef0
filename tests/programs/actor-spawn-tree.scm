;; A binary tree of actors, each summing its children.
(define (tree depth parent)
  (if (= depth 0)
      (send parent 1)
      (let ((me (self)))
        (spawn (lambda () (tree (- depth 1) me)))
        (spawn (lambda () (tree (- depth 1) me)))
        (let* ((a (receive ((? number? n) n))) (b (receive ((? number? n) n))))
          (send parent (+ a b 1))))))
(define me (self))
(spawn (lambda () (tree 9 me)))
(display (receive (n n))) (newline)
;; Many short lives, one after the other.
(define (generations n)
  (if (= n 0)
      'done
      (begin (spawn (lambda () (send me 'born))) (receive ('born (generations (- n 1)))))))
(display (generations 2000)) (newline)
