;; The message of the wrong kind of object.
(guard (e (#t (display (condition/report-string e)) (error-object-message 5))) (error "bad thing" 1 2))
