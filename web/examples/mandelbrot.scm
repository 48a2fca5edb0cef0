;; mandelbrot: x
;; y
(display 1)
