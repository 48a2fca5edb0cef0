// Breakpoints, steps and Stop: on the page, while programs run.
import assert from "node:assert/strict";
import { test } from "node:test";

import { press, rest, type, waitForText } from "./page.mjs";
import { evaluate, open, part, screenshot, useSite } from "./site.mjs";

useSite();

const VARIANTS = [["threads", ""], ["one thread", "?threads=0"]];

/** Within this a Stop is seen to act. The best of a few tries counts: the machine may be busy with other things. */
const STOP_MS_MAX = 100;
const TRIES_MAX = 10;

const RUNAWAYS = {
    "a tight loop": "(let loop () (loop))",
    "deep recursion":
        "(define (down n) (if (= n 0) 0 (+ 1 (down (- n 1)))))\n(let again () (down 2000000) (again))",
    "a message storm": `(define (echo) (receive ((from m) (send from (list (self) m)) (echo))))
(define (start n)
  (if (> n 0)
      (let ((a (spawn echo)) (b (spawn echo)))
        (send a (list b 'ball))
        (start (- n 1)))))
(start 100)
(let wait () (receive (m (wait))))`,
};

async function ready(t, path) {
    const opened = await open(t, { path });
    await part(opened.page, "editor").locator(".cm-content").waitFor();
    await rest(opened.page);
    return opened;
}

/** Milliseconds from pressing Stop until the page shows the run stopped, as the page's own clock sees it. */
function stop(page) {
    return page.evaluate(
        () =>
            new Promise((resolve, reject) => {
                const began = performance.now();
                document.querySelector('[data-testid="stop"]').click();
                const look = () => {
                    if (/stopped/i.test(document.querySelector('[data-testid="run-status"]').textContent)) {
                        resolve(performance.now() - began);
                    } else if (performance.now() - began > 5000) {
                        reject(new Error("not stopped after 5 s"));
                    } else {
                        requestAnimationFrame(look);
                    }
                };
                look();
            }),
    );
}

for (const [variant, path] of VARIANTS) {
    test(`Stop ends what runs away, ${variant}`, async (t) => {
        const { page, problems } = await ready(t, path);
        for (const [name, source] of Object.entries(RUNAWAYS)) {
            await t.test(name, async () => {
                await type(page, source);
                const times = [];
                while (times.length < TRIES_MAX && !(Math.min(...times) <= STOP_MS_MAX)) {
                    await press(page, "run");
                    await waitForText(page, "run-status", /running/i);
                    await page.waitForTimeout(700);
                    times.push(await stop(page));
                }
                const list = times.map((time) => time.toFixed(1)).join(", ");
                t.diagnostic(`${name}, ${variant}: stopped after ${list} ms`);
                assert.ok(Math.min(...times) <= STOP_MS_MAX, `${list} ms`);
                assert.match(await part(page, "actors").textContent(), /\S/, "the state is there to look at");
                assert.equal((await evaluate(page, "(* 6 7)")).value, "42");
            });
        }
        assert.deepEqual(problems, []);
    });

    test(`any live actor answers questions, whatever it does, ${variant}`, async (t) => {
        const { page, problems } = await ready(t, path);
        await type(
            page,
            "(define turns 0)\n(define (spin) (set! turns (+ turns 1)) (spin))\n" +
                "(define spinner (spawn spin))\n(define (serve) (receive ('go (display 'went) (serve))))\n" +
                "(define server (spawn serve))\n(receive ('end 1))\n",
        );
        await press(page, "run");
        await waitForText(page, "run-status", /running/i);
        await press(page, "tab-repl");
        const ask = async (text) => {
            await part(page, "repl-input").fill(text);
            await part(page, "repl-input").press("Enter");
        };
        await ask("(list 'main turns)");
        await waitForText(page, "repl", "(main 0)");
        // Click selects, everywhere: the selected actor is the one that is asked.
        await press(page, "tab-actors");
        await part(page, "actors").locator('[data-actor="3"]').click();
        await press(page, "tab-repl");
        await ask("(begin (send (self) 'go) (* 6 7))");
        await waitForText(page, "repl", "42");
        await waitForText(page, "output", "went");
        await press(page, "repl-main");
        await ask("(receive ('never 1))");
        await press(page, "repl-give-up");
        await waitForText(page, "repl", "given up");
        await ask("(string-append \"still \" \"here\")");
        await waitForText(page, "repl", "still here");
        await waitForText(page, "run-status", /running/i);
        await screenshot(page, `questions-${variant.replace(" ", "-")}`);
        await press(page, "stop");
        assert.deepEqual(problems, []);
    });

    test(`a breakpoint stops, shows frames and locals, and steps, ${variant}`, async (t) => {
        const { page, problems } = await ready(t, path);
        await type(
            page,
            "(define (area width height)\n  (let ((product (* width height)))\n    (+ product 0)))\n" +
                "(display (area 6 7))\n(newline)\n(display 'done)\n",
        );
        const gutter = part(page, "editor").locator(".cm-gutter").first();
        const line = part(page, "editor").locator(".cm-line").nth(2);
        const box = await line.boundingBox();
        const column = await gutter.boundingBox();
        await page.mouse.click(column.x + column.width / 2, box.y + box.height / 2);
        await press(page, "run");
        await waitForText(page, "run-status", /paused|breakpoint/i);
        await waitForText(page, "frames", "area");
        await waitForText(page, "locals", "product");
        await waitForText(page, "locals", "42");
        await waitForText(page, "breakpoints", /3/);
        await screenshot(page, `debugger-${variant.replace(" ", "-")}`);
        await press(page, "step-out");
        await waitForText(page, "run-status", /paused|step/i);
        await press(page, "run");
        await waitForText(page, "output", "done");
        assert.deepEqual(problems, []);
    });
}
