; Holding, narrowing, giving and lacking capabilities.
(import (scheme base) (scheme file) (scheme read) (scheme write) (scheme time) (scheme process-context)
        (physics base) (physics capability))

(define (show object) (write object) (newline))
(define (outcome thunk)
  (guard (e ((capability-denied? e) (list 'denied (denied-kind e) (denied-scope e) (file-error? e)))
            ((file-error? e) 'file-error)
            ((error-object? e) (condition/report-string e)))
    (thunk)))

(show (map capability-kind (current-capabilities)))
(define (find-kind kind)
  (let next ((held (current-capabilities)))
    (if (eq? (capability-kind (car held)) kind) (car held) (next (cdr held)))))
(define reads (find-kind (quote file-read)))
(define writes (find-kind (quote file-write)))
(show (list reads (capability? reads) (capability? 'reads) (capability-scope reads)))

; Nothing is held where nothing is given.
(show (outcome (lambda () (with-capabilities '() (lambda () (open-input-file "a.txt"))))))
(show (outcome (lambda () (with-capabilities '() (lambda () (delete-file "a.txt"))))))
(show (outcome (lambda () (with-capabilities '() (lambda () (current-jiffy))))))
(show (outcome (lambda () (with-capabilities '() (lambda () (command-line))))))
(show (outcome (lambda () (parameterize ((current-capabilities '())) (get-environment-variable "HOME")))))
(show (outcome (lambda () (parameterize ((current-capabilities (list reads))) (open-output-file "a.txt")))))
(show (outcome (lambda () (with-capabilities '(1 2) (lambda () 3)))))
(show (outcome (lambda () (with-capabilities (list reads) (lambda () (open-input-file "none.txt"))))))
(show (get-environment-variable "HOME"))
(show (get-environment-variables))
(show (command-line))

; A narrower one reaches less far, dots or not.
(define part (capability-narrow reads "data"))
(show (list part (capability-scope part) (eq? part part) (equal? part (capability-narrow reads "data"))))
(show (has-capability? 'file-read "x"))
(define (reading path) (outcome (lambda () (with-capabilities (list part) (lambda () (file-exists? path))))))
(show (map reading '("data/x" "data" "data/../data/x" "database" "data/../x" "../data/x" "/data/x" "/x")))
(show (outcome (lambda () (capability-narrow part "data/../other"))))
(show (capability-scope (capability-narrow part "data/deeper")))

; A new actor holds what its creator gives it, and what everybody begins with.
(define parent (self))
(define (child-outcome thunk . options)
  (apply spawn (lambda () (send parent (outcome thunk))) options)
  (receive (answer answer)))
(show (child-outcome (lambda () (map capability-kind (current-capabilities)))))
(show (child-outcome (lambda () (file-exists? "data/x"))))
(show (child-outcome (lambda () (file-exists? "data/x")) 'capabilities (list part)))
(show (child-outcome (lambda () (file-exists? "x")) 'capabilities (list part)))
(show (child-outcome (lambda () (eq? part (car (current-capabilities)))) 'capabilities (list part)))
(show (with-capabilities (list part) (lambda () (child-outcome (lambda () (current-capabilities))))))
(show (outcome (lambda () (spawn (lambda () 1) 'capabilities 5))))

; One that is sent is held by whoever puts it in force.
(define reader
  (spawn (lambda ()
           (receive (('use capability)
             (send parent (with-capabilities (list capability) (lambda () (list (eqv? capability part) (file-exists? "data/x"))))))))))
(send reader (list 'use part))
(show (receive (answer answer)))

; Neither text nor data makes one.
(show (guard (e (#t 'no)) (read (open-input-string "#<capability file-read>"))))
(define table (make-equal-hash-table))
(hash-table-set! table part 'found)
(show (hash-table-ref/default table part #f))
