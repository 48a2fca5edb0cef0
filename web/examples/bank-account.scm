;; Bank account: state in an actor, changed by messages only
;; Three tellers use one account at once. No lock, and no money is lost: requests wait in the account's mailbox.

(define (account balance)
  (receive
    (('call from 'balance)
     (reply from balance)
     (account balance))
    (('call from ('deposit amount))
     (reply from 'ok)
     (account (+ balance amount)))
    (('call from ('withdraw amount))
     (if (> amount balance)
         (begin (reply from 'refused) (account balance))
         (begin (reply from 'ok) (account (- balance amount)))))))

(define savings (spawn (lambda () (account 100)) 'name "account"))
(define main (self))

(define (teller name)
  (let loop ((n 1) (sum 0))
    (if (> n 40)
        (send main (list 'done name sum))
        (let* ((amount (- (random 60) 30))
               (request (if (< amount 0) (list 'withdraw (- amount)) (list 'deposit amount)))
               (answer (call savings request)))
          (sleep 15)
          (loop (+ n 1) (if (eq? answer 'ok) (+ sum amount) sum))))))

(for-each
 (lambda (name) (spawn (lambda () (teller name)) 'name name))
 '("anna" "ben" "cleo"))

(define moved
  (let loop ((left 3) (sum 0))
    (if (= left 0)
        sum
        (receive
          (('done name amount)
           (display (string-append name " moved " (number->string amount) "\n"))
           (loop (- left 1) (+ sum amount)))))))

(define balance (call savings 'balance))
(display (list 'balance balance 'expected (+ 100 moved)))
(newline)
(exit savings 'closed)
