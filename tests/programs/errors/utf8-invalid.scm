;; Bytes that are no text.
(utf8->string (bytevector 72 255 105))
