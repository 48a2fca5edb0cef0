;; An error of the program's own.
(define (withdraw balance amount)
  (if (> amount balance)
      (error "insufficient funds:" balance 'of "account" amount)
      (- balance amount)))
(display (withdraw 100 30))
(display (withdraw 100 300))
