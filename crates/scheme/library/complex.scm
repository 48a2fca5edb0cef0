;;; The library of complex numbers, on the real ones: there are no others.

(define (real-part z) (%check-real z "real-part") z)

(define (imag-part z) (%check-real z "imag-part") 0)

(define (angle z)
  (%check-real z "angle")
  (cond ((negative? z) (atan 0 -1))
        ((exact? z) 0)
        (else 0.)))

(define (make-rectangular x y)
  (%check-real x "make-rectangular")
  (if (not (eqv? y 0)) (%no-complex "make-rectangular: the imaginary part must be an exact 0, not" y))
  x)

(define (make-polar magnitude angle)
  (%check-real magnitude "make-polar")
  (if (not (eqv? angle 0)) (%no-complex "make-polar: the angle must be an exact 0, not" angle))
  magnitude)

(define (%check-real z name)
  (if (not (real? z)) (raise (%make-error 'type-error (string-append name ": expected a number, got") (list z)))))

(define (%no-complex message irritant)
  (raise (%make-error 'arithmetic-error (string-append message) (list irritant))))
