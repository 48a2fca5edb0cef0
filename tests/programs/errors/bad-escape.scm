;; An escape that strings do not have.
(display "C:\docs")
