;; parallel-primes: x
;; y
(display 1)
