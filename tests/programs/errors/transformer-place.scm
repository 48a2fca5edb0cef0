;; A transformer where a value is needed.
(display (er-macro-transformer (lambda (form rename compare) form)))
