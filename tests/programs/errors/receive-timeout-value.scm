;; A time must be a number.
(receive (x x) (after 'soon 'late))
