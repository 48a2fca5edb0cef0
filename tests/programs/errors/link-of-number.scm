;; A link with something that is no actor.
(link 5)
