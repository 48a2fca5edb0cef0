;; A name of another language.
(define (greet name)
  (println "hello" name))
(greet "you")
