;; Types that there are not.
(: name strng)
(define name "Ada")
(: sizes (list-of integer string))
(define sizes '(1 2))
(: origin point)
(define origin #f)
