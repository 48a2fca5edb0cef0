;; A port is opened on text.
(open-input-string 42)
