;;; What this machine can do. `cond-expand` reads its features here: they are the quoted words of this file, and nothing else
;;; is quoted in it.

(define (features)
  (list 'r7rs
        'exact-closed
        'ratios
        'full-unicode
        'physics
        'physics-world
        'actors
        'srfi-0
        'srfi-1
        'srfi-2
        'srfi-6
        'srfi-8
        'srfi-9
        'srfi-16
        'srfi-23
        'srfi-26
        'srfi-28
        'srfi-39
        'srfi-64
        'srfi-69
        'srfi-95
        'srfi-124
        'srfi-211))
