;; A form of another language.
(defun square (x) (* x x))
(square 2)
