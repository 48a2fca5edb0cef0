// Bad input: each case has a clear answer, and the page goes on.
import assert from "node:assert/strict";
import { test } from "node:test";

import { evaluate, open, useSite } from "./site.mjs";

useSite();

/** Program text, and what its error must say. */
const CASES = {
    "unbalanced parentheses": ["(define (f x)\n  (+ x 1)", /not closed|unclosed|never closed/i],
    "a parenthesis too many": ["(+ 1 2))", /unexpected|too many|closes nothing|extra/i],
    "an unknown name": ["(define (squared x) (* x x))\n(squraed 3)", /squraed/],
    "a wrong argument count": ["(define (f x) x)\n(f 1 2)", /argument/i],
    "a type error": ['(+ 1 "two")', /two|number|string/i],
    "a call of what is no procedure": ["(3 4)", /procedure|apply|call/i],
    "an index out of range": ["(vector-ref (vector 1 2 3) 7)", /7/],
    "infinite recursion": ["(define (f n) (+ 1 (f n)))\n(f 1)", /stack|memory|limit/i],
    "infinite allocation": ["(define (f all) (f (cons 1 all)))\n(f '())", /heap|memory|limit/i],
    "a million actors": [
        "(define (f n) (if (> n 0) (begin (spawn (lambda () (receive))) (f (- n 1)))))\n(f 1000000)",
        /actor|memory|limit/i,
    ],
    "an uncaught error of the program's own": ['(error "the reactor is hot:" 451)', /the reactor is hot: 451/],
};

for (const [variant, path] of [["threads", ""], ["one thread", "?threads=0"]]) {
    test(`bad input, ${variant}`, async (t) => {
        const { page, problems } = await open(t, { path });
        for (const [name, [source, expected]] of Object.entries(CASES)) {
            await t.test(name, { timeout: 60_000 }, async () => {
                const { error } = await evaluate(page, source);
                assert.ok(error, "it must fail");
                assert.match(error, expected);
                assert.equal((await evaluate(page, "(* 6 7)")).value, "42", "the next program runs");
            });
        }
        await t.test("two hundred thousand actors wait, and the last one answers", { timeout: 60_000 }, async () => {
            const source = `(define (idle) (receive ((from what) (send from (list 'heard what)))))
(define (more n last) (if (= n 0) last (more (- n 1) (spawn idle))))
(define last (more 200000 #f))
(send last (list (self) 'you))
(receive (answer answer))`;
            const { value, error } = await evaluate(page, source);
            assert.equal(value, "(heard you)", error);
            assert.equal((await evaluate(page, "(* 6 7)")).value, "42", "they are gone with their program");
        });
        await t.test("a source of 5 MB", { timeout: 60_000 }, async () => {
            const source = `${"; a comment that goes on and on\n".repeat(50_000)}${"(+ 1 2 3)\n".repeat(350_000)}`;
            assert.ok(source.length > 5_000_000);
            const { value, error } = await evaluate(page, source);
            assert.ok(value === "6" || /size|large|limit|too/i.test(error ?? ""), error ?? value);
            assert.equal((await evaluate(page, "(* 6 7)")).value, "42");
        });
        await t.test("nesting without end", { timeout: 60_000 }, async () => {
            const { error } = await evaluate(page, "(".repeat(200_000));
            assert.ok(error, "it must fail");
            assert.equal((await evaluate(page, "(* 6 7)")).value, "42");
        });
        assert.deepEqual(problems, []);
    });
}
