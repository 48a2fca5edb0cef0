;; Reading from a port that writes.
(read-char (open-output-string))
