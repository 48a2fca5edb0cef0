(import (only (scheme base) car cdrr))
