;; Text that no reader knows.
(display #q)
