; Files are written, read, appended to by nobody else, asked for and deleted.
(import (scheme base) (scheme file) (scheme read) (scheme write))

(define (show object) (write object) (newline))
(define path "golden.txt")

(show (file-exists? path))
(call-with-output-file path
  (lambda (port)
    (write '(a "b" #\c 1.5 λ) port)
    (newline port)
    (display "second line" port)))
(show (file-exists? path))
(show (call-with-input-file path (lambda (port) (let* ((data (read port)) (end (read-line port))) (list data end (read-line port) (eof-object? (read-char port)))))))

; The current ports.
(with-output-to-file path (lambda () (display "through the current port") (newline) (fresh-line) (display 2)))
(show (with-input-from-file path (lambda () (let* ((a (read-line)) (b (read-line))) (list a b)))))

; Bytes.
(define out (open-binary-output-file path))
(write-u8 0 out)
(write-bytevector #u8(1 2 254 255) out 1)
(show (list (binary-port? out) (textual-port? out) (output-port? out) (input-port? out) (output-port-open? out)))
(close-port out)
(show (output-port-open? out))
(define in (open-binary-input-file path))
(show (read-bytevector 100 in))
(close-input-port in)

; A flush shows to others what was written so far; more than a buffer shows by itself.
(define long (open-output-file path))
(display "begin" long)
(show (call-with-input-file path read-line))
(flush-output-port long)
(show (call-with-input-file path read-line))
(let loop ((i 0)) (if (< i 40000) (begin (write-char #\x long) (write-string "yz" long) (loop (+ i 1)))))
(show (>= (string-length (call-with-input-file path read-line)) 65536))
(close-output-port long)
(show (string-length (call-with-input-file path read-line)))
(show (apply file-exists? (list path)))

; Errors name the operation, the path and the reason.
(define (report thunk)
  (guard (e ((file-error? e) (display (condition/report-string e)) (newline)))
    (thunk)))
(delete-file path)
(report (lambda () (delete-file path)))
(report (lambda () (open-input-file path)))
(report (lambda () (open-output-file "no-such-folder/file")))
(guard (e (#t (display (condition/report-string e)) (newline))) (write 1 long))
(guard (e (#t (display (condition/report-string e)) (newline))) (write-u8 1 out))
(guard (e (#t (display (condition/report-string e)) (newline))) (open-input-file ""))
(let ((bad (open-binary-output-file path)))
  (write-bytevector #u8(65 10 66 255 66) bad)
  (close-port bad))
(report (lambda () (open-input-file path)))
(delete-file path)
