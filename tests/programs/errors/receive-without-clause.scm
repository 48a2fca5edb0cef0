;; A `receive` with a clause that is no list.
(receive message)
