;; A port cannot be sent.
(send (self) (open-output-string))
