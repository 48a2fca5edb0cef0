;;; SRFI 28: basic format strings.

(define-library (srfi 28)
  (export format)
  (import (scheme base) (scheme write))
  (begin
    (define (format control . values)
      (if (not (string? control)) (error "format expects a format string, but got" control))
      (let ((port (open-output-string))
            (end (string-length control)))
        (let next ((index 0) (values values))
          (cond ((= index end) (get-output-string port))
                ((not (char=? (string-ref control index) #\~))
                 (write-char (string-ref control index) port)
                 (next (+ index 1) values))
                ((= (+ index 1) end) (error "format: the format string ends in the midst of a directive:" control))
                (else
                 (let ((directive (string-ref control (+ index 1)))
                       (after (+ index 2)))
                   (case directive
                     ((#\a #\s)
                      (if (null? values) (error "format: the format string asks for more values:" control))
                      ((if (char=? directive #\a) display write) (car values) port)
                      (next after (cdr values)))
                     ((#\%) (newline port) (next after values))
                     ((#\~) (write-char #\~ port) (next after values))
                     (else (error "format: no such directive:" (string #\~ directive))))))))))))
