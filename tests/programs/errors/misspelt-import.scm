;; A slip in `import`.
(imprt (scheme base))
(display 1)
