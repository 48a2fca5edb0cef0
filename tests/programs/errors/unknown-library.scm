;; A library that does not exist.
(import (scheme base) (physics teleport))
