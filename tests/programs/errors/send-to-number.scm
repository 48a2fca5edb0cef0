;; Sending to something that is no actor.
(send 42 'hello)
