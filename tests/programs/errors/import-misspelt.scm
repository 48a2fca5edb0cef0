;; A library with a slip in its name.
(import (scheme bsae))
