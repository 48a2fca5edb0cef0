;;; SRFI 64: test suites. A spawned actor has a copy of its creator's test runner: what it tests does not count there.
;;; The place of a test is not known; its properties are `source-form` and, if there are such, the values and errors.

(define-library (srfi 64)
  (export
    ;; Tests and groups.
    test-begin test-end test-group test-group-with-cleanup
    test-assert test-eqv test-eq test-equal test-approximate test-error test-read-eval-string
    ;; Which tests run, and which should fail.
    test-skip test-expect-fail test-match-name test-match-nth test-match-any test-match-all
    test-apply test-with-runner
    ;; Runners.
    test-runner? test-runner-current test-runner-get test-runner-create test-runner-factory
    test-runner-simple test-runner-null test-runner-reset
    test-runner-pass-count test-runner-fail-count test-runner-xpass-count test-runner-xfail-count
    test-runner-skip-count
    test-runner-test-name test-runner-group-path test-runner-group-stack
    test-runner-aux-value test-runner-aux-value!
    ;; What a runner calls.
    test-runner-on-test-begin test-runner-on-test-begin! test-runner-on-test-end test-runner-on-test-end!
    test-runner-on-group-begin test-runner-on-group-begin! test-runner-on-group-end test-runner-on-group-end!
    test-runner-on-bad-count test-runner-on-bad-count! test-runner-on-bad-end-name test-runner-on-bad-end-name!
    test-runner-on-final test-runner-on-final!
    test-on-test-begin-simple test-on-test-end-simple test-on-group-begin-simple test-on-group-end-simple
    test-on-bad-count-simple test-on-bad-end-name-simple test-on-final-simple
    ;; The most recent result.
    test-result-kind test-passed? test-result-ref test-result-set! test-result-remove test-result-clear
    test-result-alist)
  (import (scheme base)
          (scheme eval)
          (scheme read)
          (scheme repl)
          (scheme write)
          (only (physics base)
                note-test-result call-with-output-string condition/report-string last-pair make-settable-parameter list-head))
  (begin
    ;; GROUPS are innermost first. ONLY, SKIPPED and FAILING are lists of predicates of a runner; ONLY is #t for all tests.
    (define-record-type test-runner
      (make-runner only groups skipped failing results)
      test-runner?
      (only runner-only set-only!)
      (groups runner-groups set-groups!)
      (skipped runner-skipped set-skipped!)
      (failing runner-failing set-failing!)
      (results test-result-alist set-results!)
      ;; If nobody asked for it: `fresh`, and `done` after its suite. The next suite gets another.
      (automatic runner-automatic set-automatic!)
      (pass test-runner-pass-count set-pass-count!)
      (fail test-runner-fail-count set-fail-count!)
      (xpass test-runner-xpass-count set-xpass-count!)
      (xfail test-runner-xfail-count set-xfail-count!)
      (skip test-runner-skip-count set-skip-count!)
      (aux-value test-runner-aux-value test-runner-aux-value!)
      (on-test-begin test-runner-on-test-begin test-runner-on-test-begin!)
      (on-test-end test-runner-on-test-end test-runner-on-test-end!)
      (on-group-begin test-runner-on-group-begin test-runner-on-group-begin!)
      (on-group-end test-runner-on-group-end test-runner-on-group-end!)
      (on-bad-count test-runner-on-bad-count test-runner-on-bad-count!)
      (on-bad-end-name test-runner-on-bad-end-name test-runner-on-bad-end-name!)
      (on-final test-runner-on-final test-runner-on-final!))

    ;; PROMISED is the number of tests that it should have, or #f; SKIPPED and FAILING are the runner's before it.
    (define-record-type group
      (make-group name promised done skipped failing)
      group?
      (name group-name)
      (promised group-promised)
      (done group-done set-group-done!)
      (skipped group-skipped)
      (failing group-failing))

    (define (test-runner-reset runner)
      (set-only! runner #t)
      (set-groups! runner '())
      (set-skipped! runner '())
      (set-failing! runner '())
      (set-results! runner '())
      (set-pass-count! runner 0)
      (set-fail-count! runner 0)
      (set-xpass-count! runner 0)
      (set-xfail-count! runner 0)
      (set-skip-count! runner 0))

    (define (test-runner-null)
      (let ((runner (make-runner #t '() '() '() '()))
            (ignore (lambda ignored #f)))
        (test-runner-reset runner)
        (test-runner-on-test-begin! runner ignore)
        (test-runner-on-test-end! runner ignore)
        (test-runner-on-group-begin! runner ignore)
        (test-runner-on-group-end! runner ignore)
        (test-runner-on-bad-count! runner ignore)
        (test-runner-on-bad-end-name! runner ignore)
        (test-runner-on-final! runner ignore)
        runner))

    (define (test-runner-simple)
      (let ((runner (test-runner-null)))
        (test-runner-on-test-begin! runner test-on-test-begin-simple)
        (test-runner-on-test-end! runner test-on-test-end-simple)
        (test-runner-on-group-begin! runner test-on-group-begin-simple)
        (test-runner-on-group-end! runner test-on-group-end-simple)
        (test-runner-on-bad-count! runner test-on-bad-count-simple)
        (test-runner-on-bad-end-name! runner test-on-bad-end-name-simple)
        (test-runner-on-final! runner test-on-final-simple)
        runner))

    (define test-runner-current
      (make-settable-parameter
       #f
       (lambda (runner)
         (if (or (not runner) (test-runner? runner))
             runner
             (error "test-runner-current expects a test runner or #f, but got" runner)))))

    (define test-runner-factory
      (make-settable-parameter
       test-runner-simple
       (lambda (factory)
         (if (procedure? factory)
             factory
             (error "test-runner-factory expects a procedure, but got" factory)))))

    (define (test-runner-create) ((test-runner-factory)))

    (define (test-runner-get)
      (or (test-runner-current)
          (error "there is no test runner: put `test-begin` before the tests")))

    ;; The current runner, or a new one that becomes it.
    (define (present-runner)
      (let ((runner (test-runner-current)))
        (if (and runner (not (eq? (runner-automatic runner) 'done)))
            runner
            (let ((runner (test-runner-create)))
              (set-automatic! runner 'fresh)
              (test-runner-current runner)
              runner))))

    (define (given-runner options) (if (pair? options) (car options) (test-runner-get)))

    ;; Results.

    (define (test-result-ref runner property . default)
      (let ((found (assq property (test-result-alist runner))))
        (cond (found (cdr found))
              ((pair? default) (car default))
              (else #f))))

    (define (test-result-set! runner property value)
      (let ((found (assq property (test-result-alist runner))))
        (if found
            (set-cdr! found value)
            (set-results! runner (append (test-result-alist runner) (list (cons property value)))))))

    (define (test-result-remove runner property)
      (set-results! runner
                    (let next ((results (test-result-alist runner)))
                      (cond ((null? results) '())
                            ((eq? (caar results) property) (next (cdr results)))
                            (else (cons (car results) (next (cdr results))))))))

    (define (test-result-clear runner) (set-results! runner '()))

    (define (test-result-kind . runner)
      (test-result-ref (given-runner runner) 'result-kind))

    (define (test-passed? . runner)
      (and (memq (apply test-result-kind runner) '(pass xpass)) #t))

    (define (test-runner-test-name runner) (test-result-ref runner 'test-name ""))
    (define (test-runner-group-stack runner) (map group-name (runner-groups runner)))
    (define (test-runner-group-path runner) (reverse (test-runner-group-stack runner)))

    ;; Specifiers.

    (define (specifier->predicate specifier)
      (cond ((procedure? specifier) specifier)
            ((string? specifier) (test-match-name specifier))
            ((exact-integer? specifier) (test-match-nth 1 specifier))
            (else (error "a test is named by a predicate, a count or a string, and not by" specifier))))

    (define (test-match-name name)
      (lambda (runner) (equal? name (test-runner-test-name runner))))

    (define (test-match-nth n . options)
      (let ((end (+ n (if (pair? options) (car options) 1)))
            (calls 0))
        (lambda (runner)
          (set! calls (+ calls 1))
          (and (>= calls n) (< calls end)))))

    ;; Which of PREDICATES match. All are asked, for some count how often.
    (define (answers predicates runner)
      (map (lambda (matches?) (and (matches? runner) #t)) predicates))

    (define (test-match-any . specifiers)
      (let ((predicates (map specifier->predicate specifiers)))
        (lambda (runner) (and (memq #t (answers predicates runner)) #t))))

    (define (test-match-all . specifiers)
      (let ((predicates (map specifier->predicate specifiers)))
        (lambda (runner) (not (memq #f (answers predicates runner))))))

    (define (test-skip first . others)
      (let ((runner (present-runner)))
        (set-skipped! runner (cons (apply test-match-all first others) (runner-skipped runner)))))

    (define (test-expect-fail first . others)
      (let ((runner (present-runner)))
        (set-failing! runner (cons (apply test-match-all first others) (runner-failing runner)))))

    (define (matches? predicates runner) (memq #t (answers predicates runner)))

    ;; skip, xfail or #f for the test whose name RUNNER has.
    (define (plan runner)
      (let* ((only (runner-only runner))
             (chosen? (or (eq? only #t) (matches? only runner)))
             (skipped? (matches? (runner-skipped runner) runner))
             (failing? (matches? (runner-failing runner) runner)))
        (cond ((or skipped? (not chosen?)) 'skip)
              (failing? 'xfail)
              (else #f))))

    ;; Groups.

    (define (test-begin name . options)
      (let ((runner (present-runner))
            (count (and (pair? options) (car options))))
        (if (not (or (not count) (exact-integer? count)))
            (error "test-begin expects the number of tests, but got" count))
        (set-results! runner (list (cons 'test-name name)))
        ((test-runner-on-group-begin runner) runner name count)
        (set-groups! runner
                     (cons (make-group name count 0 (runner-skipped runner) (runner-failing runner))
                           (runner-groups runner)))))

    (define (test-end . options)
      (let ((runner (test-runner-get)))
        (if (null? (runner-groups runner)) (error "test-end: no group has begun"))
        (let* ((group (car (runner-groups runner)))
               (promised (group-promised group)))
          (if (and (pair? options) (not (equal? (car options) (group-name group))))
              ((test-runner-on-bad-end-name runner) runner (group-name group) (car options)))
          (if (and promised (not (= promised (group-done group))))
              ((test-runner-on-bad-count runner) runner (group-done group) promised))
          ((test-runner-on-group-end runner) runner)
          (set-groups! runner (cdr (runner-groups runner)))
          (set-skipped! runner (group-skipped group))
          (set-failing! runner (group-failing group))
          (note-done runner)
          (if (null? (runner-groups runner))
              (begin
                (if (runner-automatic runner) (set-automatic! runner 'done))
                ((test-runner-on-final runner) runner))))))

    ;; One more test, or group, in the innermost group.
    (define (note-done runner)
      (if (pair? (runner-groups runner))
          (let ((group (car (runner-groups runner))))
            (set-group-done! group (+ (group-done group) 1)))))

    (define-syntax test-group
      (syntax-rules ()
        ((_ name form ...)
         (run-group name (lambda () form ... (if #f #f))))))

    (define-syntax test-group-with-cleanup
      (syntax-rules ()
        ((_ name form ... cleanup)
         (run-group name (lambda () (call-and-leave (lambda () form ... (if #f #f)) (lambda () cleanup)))))))

    (define (run-group name body)
      (let ((runner (present-runner)))
        (set-results! runner (list (cons 'test-name name)))
        (if (matches? (runner-skipped runner) runner)
            (note-done runner)
            (begin
              (test-begin name)
              (call-and-leave body (lambda () (test-end name)))))))

    ;; Calls BODY, then LEAVE, once, however it is left. The clause of `guard` that never applies makes errors that nobody
    ;; handles leave, too; they are raised again where they were.
    (define (call-and-leave body leave)
      (let ((left? #f))
        (guard (object (#f #f))
          (dynamic-wind
           (lambda () #f)
           body
           (lambda ()
             (if (not left?)
                 (begin
                   (set! left? #t)
                   (leave))))))))

    (define-syntax test-with-runner
      (syntax-rules ()
        ((_ runner form ...)
         (parameterize ((test-runner-current runner)) (let () form ...)))))

    (define (test-apply first . others)
      (cond ((test-runner? first)
             (if (null? others) (error "test-apply expects a procedure after the runner"))
             (parameterize ((test-runner-current first)) (apply-tests first others)))
            (else (apply-tests (present-runner) (cons first others)))))

    ;; ARGUMENTS are specifiers and a procedure.
    (define (apply-tests runner arguments)
      (let* ((specifiers (list-head arguments (- (length arguments) 1)))
             (only (if (null? specifiers) #t (map specifier->predicate specifiers)))
             (before (runner-only runner)))
        (dynamic-wind
         (lambda () (set-only! runner only))
         (car (last-pair arguments))
         (lambda () (set-only! runner before)))))

    ;; Tests.

    ;; Runs a test: CHECK answers whether it passes.
    (define (run-test name form check)
      (let ((runner (test-runner-get)))
        (set-results! runner (list (cons 'test-name name) (cons 'source-form form)))
        (let ((planned (plan runner)))
          (if planned (test-result-set! runner 'result-kind planned)))
        ((test-runner-on-test-begin runner) runner)
        (let ((planned (test-result-kind runner)))
          (if (not (eq? planned 'skip))
              (let ((passes? (guard (object (#t (test-result-set! runner 'actual-error object) #f))
                               (check runner))))
                (test-result-set! runner
                                  'result-kind
                                  (if (eq? planned 'xfail)
                                      (if passes? 'xpass 'xfail)
                                      (if passes? 'pass 'fail))))))
        (note-kind runner (test-result-kind runner))
        (note-done runner)
        (tell-world runner)
        ((test-runner-on-test-end runner) runner)))

    ;; For whoever watches the run: the report of tests on the page, say.
    (define (tell-world runner)
      (let ((kind (test-result-kind runner)))
        (note-test-result kind
                    (call-with-output-string
                     (lambda (port)
                       (write-title "" (test-runner-group-path runner) (test-runner-test-name runner) port)))
                    (if (memq kind '(fail xpass))
                        (call-with-output-string (lambda (port) (write-properties runner port)))
                        ""))))

    (define (note-kind runner kind)
      (case kind
        ((pass) (set-pass-count! runner (+ (test-runner-pass-count runner) 1)))
        ((fail) (set-fail-count! runner (+ (test-runner-fail-count runner) 1)))
        ((xpass) (set-xpass-count! runner (+ (test-runner-xpass-count runner) 1)))
        ((xfail) (set-xfail-count! runner (+ (test-runner-xfail-count runner) 1)))
        (else (set-skip-count! runner (+ (test-runner-skip-count runner) 1)))))

    (define (run-assertion name form actual)
      (run-test name
                form
                (lambda (runner)
                  (let ((got (actual)))
                    (test-result-set! runner 'actual-value got)
                    got))))

    (define (run-comparison name form same? expected actual)
      (run-test name
                form
                (lambda (runner)
                  (let ((wanted (expected)))
                    (test-result-set! runner 'expected-value wanted)
                    (let ((got (actual)))
                      (test-result-set! runner 'actual-value got)
                      (same? wanted got))))))

    (define (run-error name form type thunk)
      (run-test name
                form
                (lambda (runner)
                  (let ((type (type)))
                    (test-result-set! runner 'expected-error type)
                    (if (not (or (eq? type #t) (procedure? type)))
                        (error "test-error expects #t or a predicate as the kind of error, but got" type))
                    (guard (object (#t (test-result-set! runner 'actual-error object)
                                       (or (eq? type #t) (type object))))
                      (test-result-set! runner 'actual-value (thunk))
                      #f)))))

    ;; The value of CALL, which is no tail call: where it stands, the report finds the test.
    (define-syntax placed
      (syntax-rules ()
        ((_ call) (let ((outcome call)) outcome))))

    (define-syntax test-assert
      (syntax-rules ()
        ((_ name expression)
         (placed (run-assertion name '(test-assert name expression) (lambda () expression))))
        ((_ expression)
         (placed (run-assertion "" '(test-assert expression) (lambda () expression))))))

    (define-syntax test-equal
      (syntax-rules ()
        ((_ name expected expression)
         (placed
          (run-comparison name '(test-equal name expected expression) equal? (lambda () expected) (lambda () expression))))
        ((_ expected expression)
         (placed
          (run-comparison "" '(test-equal expected expression) equal? (lambda () expected) (lambda () expression))))))

    (define-syntax test-eqv
      (syntax-rules ()
        ((_ name expected expression)
         (placed
          (run-comparison name '(test-eqv name expected expression) eqv? (lambda () expected) (lambda () expression))))
        ((_ expected expression)
         (placed
          (run-comparison "" '(test-eqv expected expression) eqv? (lambda () expected) (lambda () expression))))))

    (define-syntax test-eq
      (syntax-rules ()
        ((_ name expected expression)
         (placed
          (run-comparison name '(test-eq name expected expression) eq? (lambda () expected) (lambda () expression))))
        ((_ expected expression)
         (placed
          (run-comparison "" '(test-eq expected expression) eq? (lambda () expected) (lambda () expression))))))

    (define-syntax test-approximate
      (syntax-rules ()
        ((_ name expected expression error)
         (placed
          (run-comparison name
                          '(test-approximate name expected expression error)
                          (lambda (wanted got) (<= (abs (- got wanted)) error))
                          (lambda () expected)
                          (lambda () expression))))
        ((_ expected expression error)
         (placed
          (run-comparison ""
                          '(test-approximate expected expression error)
                          (lambda (wanted got) (<= (abs (- got wanted)) error))
                          (lambda () expected)
                          (lambda () expression))))))

    (define-syntax test-error
      (syntax-rules ()
        ((_ name type expression)
         (placed (run-error name '(test-error name type expression) (lambda () type) (lambda () expression))))
        ((_ type expression)
         (placed (run-error "" '(test-error type expression) (lambda () type) (lambda () expression))))
        ((_ expression)
         (placed (run-error "" '(test-error expression) (lambda () #t) (lambda () expression))))))

    (define (test-read-eval-string string)
      (let* ((port (open-input-string string))
             (form (read port)))
        (if (eof-object? form) (error "test-read-eval-string: there is nothing to read in" string))
        (if (not (eof-object? (read-char port)))
            (error "test-read-eval-string: there is more than one datum in" string))
        (eval form (interaction-environment))))

    ;; What the simple runner writes.

    (define (test-on-test-begin-simple runner) #f)

    (define (test-on-test-end-simple runner)
      (let ((kind (test-result-kind runner)))
        (if (memq kind '(fail xpass))
            (begin
              (display (if (eq? kind 'fail) "FAIL" "XPASS"))
              (let ((path (test-runner-group-path runner)))
                ;; The outermost group is not named: its beginning was.
                (write-title ": " (if (pair? path) (cdr path) '()) (test-runner-test-name runner) (current-output-port)))
              (newline)
              (write-properties runner (current-output-port))))))

    ;; BEFORE comes first if there is any title.
    (define (write-title before path name port)
      (let next ((parts (append path (if (equal? name "") '() (list name))))
                 (before before))
        (if (pair? parts)
            (begin
              (display before port)
              (display (car parts) port)
              (next (cdr parts) " / ")))))

    (define (write-properties runner port)
      (for-each (lambda (property label) (write-property runner property label port))
                '(source-form expected-value expected-error actual-value actual-error)
                '("  form:     " "  expected: " "  expected: an error, " "  got:      " "  got:      an error, ")))

    (define (write-property runner property label port)
      (let ((found (assq property (test-result-alist runner))))
        (if found
            (begin
              (display label port)
              (cond ((error-object? (cdr found)) (display (condition/report-string (cdr found)) port))
                    ((and (eq? property 'expected-error) (eq? (cdr found) #t)) (display "of any kind" port))
                    (else (write (cdr found) port)))
              (newline port)))))

    (define (test-on-group-begin-simple runner name count)
      (if (null? (test-runner-group-stack runner))
          (begin
            (display "%%%% Starting test ")
            (display name)
            (newline))))

    (define (test-on-group-end-simple runner) #f)

    (define (test-on-bad-count-simple runner count promised)
      (display "*** The group ")
      (display (car (test-runner-group-stack runner)))
      (display " has ")
      (display count)
      (display " tests, but should have ")
      (display promised)
      (display ".")
      (newline))

    (define (test-on-bad-end-name-simple runner begin-name end-name)
      (error "test-end: the name of the group that ends and the name given are not the same:" begin-name end-name))

    (define (test-on-final-simple runner)
      (for-each (lambda (label count)
                  (if (or (> count 0) (eq? label (car labels)))
                      (begin
                        (display label)
                        (display count)
                        (newline))))
                labels
                (list (test-runner-pass-count runner)
                      (test-runner-xfail-count runner)
                      (test-runner-xpass-count runner)
                      (test-runner-fail-count runner)
                      (test-runner-skip-count runner))))

    (define labels
      '("# of expected passes      "
        "# of expected failures    "
        "# of unexpected successes "
        "# of unexpected failures  "
        "# of skipped tests        "))))
