;; A handler must not return to `raise`.
(with-exception-handler
 (lambda (e) 'ignored)
 (lambda () (raise 'serious)))
