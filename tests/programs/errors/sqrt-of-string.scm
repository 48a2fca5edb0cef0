;; A function of numbers on a string.
(sqrt "16")
