;; read: every form of datum, labels, and what is wrong with text that is none.
(define (r s) (read (open-input-string s)))
(for-each (lambda (s) (write (guard (e (#t (list 'err (condition/report-string e)))) (r s))) (newline))
 '("(a . b)" "(1 2.5 -3/1 #xff \"a\\n\\x41;b\" #\\a #\\space #\\x41 #t #false)" "#(1 #(2) ())" "#u8(1 2 255)" "'(a `b ,c ,@d)"
   "; c\n #| x #| y |# |# #;(hidden) shown" "|odd name| " "a|B c|d" "#!fold-case (ABC Def)" "" ")" "(1 . )" "(1 . 2 3)" "#0=(a b . #0#)" "(#1=(x) #1# #1#)" "#2=#(1 #2# 3)"
   "(1 2" "\"abc" "#\\foo" "..." "." "+" "-" "1+" "+i" "#d10" "\"a\\  \n   b\"" "#\\(" "(quote . x)" "#u8(256)" "[1 2]" "-inf.0" "#\\x" "'" "#q" "\\x"))
(define p (open-input-string "a (b) 3"))
(let loop ((x (read p))) (if (not (eof-object? x)) (begin (write x) (newline) (loop (read p)))))
