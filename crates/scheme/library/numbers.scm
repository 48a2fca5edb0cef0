;;; Numbers: what takes many steps on large arguments.

;; The simplest number within `tolerance` of `number`: no other one there has a smaller denominator, or the same one and
;; a smaller numerator.
(define (rationalize number tolerance)
  (if (not (number? number)) (error "rationalize expects a number, but got" number))
  (if (not (number? tolerance)) (error "rationalize expects a number as its tolerance, but got" tolerance))
  (cond ((and (exact? number) (exact? tolerance)) (%simplest number (abs tolerance)))
        ((or (nan? number) (nan? tolerance)) +nan.0)
        ((infinite? tolerance) (if (infinite? number) +nan.0 0.0))
        ((infinite? number) number)
        (else (inexact (%simplest (exact number) (abs (exact tolerance)))))))

(define (%simplest number tolerance)
  (let ((least (- number tolerance)) (most (+ number tolerance)))
    (cond ((positive? least) (%simplest-between least most))
          ((negative? most) (- (%simplest-between (- most) (- least))))
          (else 0))))

;; Both are positive. Their continued fractions, as far as they agree, and then the least quotient that both allow; the
;; last two convergents are p/q and r/s.
(define (%simplest-between least most)
  (let next ((a (numerator least)) (b (denominator least)) (c (numerator most)) (d (denominator most))
             (p 1) (q 0) (r 0) (s 1))
    (let* ((whole (quotient a b)) (rest (- a (* whole b))))
      (cond ((zero? rest) (/ (+ (* whole p) r) (+ (* whole q) s)))
            ((< whole (quotient c d)) (/ (+ (* (+ whole 1) p) r) (+ (* (+ whole 1) q) s)))
            (else (next d (- c (* whole d)) b rest
                        (+ (* whole p) r) (+ (* whole q) s) p q))))))
