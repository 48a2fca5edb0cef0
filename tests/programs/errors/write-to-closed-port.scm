;; Writing to a closed port.
(define port (open-output-string))
(close-port port)
(write 'x port)
