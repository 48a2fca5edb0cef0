;; A continuable exception that nobody handles.
(+ 1 (raise-continuable 'oops))
