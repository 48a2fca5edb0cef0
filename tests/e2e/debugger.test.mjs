// The debugger on the page: conditions, texts to log, watches, values opened and changed, events to stop at.
import assert from "node:assert/strict";
import { test } from "node:test";

import { press, rest, twoFrames, type, waitForText } from "./page.mjs";
import { PHONE, open, part, screenshot, useSite } from "./site.mjs";

useSite();

const PROGRAM = `(define-record-type point (make-point x y) point? (x point-x set-point-x!) (y point-y))
(define total 0)
(define here (make-point 1 (list 2 3 (vector 4 5))))
(define (add n)
  (let ((twice (* 2 n)))
    (set-point-x! here twice)
    (set! total (+ total n))))
(let loop ((n 0))
  (if (< n 10) (begin (add n) (loop (+ n 1)))))
(display (list 'total total))
`;

const VARIANTS = [["threads", ""], ["one thread", "?threads=0"]];

async function ready(t, path, options = {}) {
    const opened = await open(t, { path, ...options });
    await part(opened.page, "editor").locator(".cm-content").waitFor();
    await rest(opened.page);
    await type(opened.page, PROGRAM);
    return opened;
}

/** Where line `number` has its breakpoint. */
async function gutterOf(page, number) {
    const line = await part(page, "editor").locator(".cm-line").nth(number - 1).boundingBox();
    const column = await part(page, "editor").locator(".cm-breakpoint-gutter").boundingBox();
    return [column.x + column.width / 2, line.y + line.height / 2];
}

/** Fills a field of the breakpoint's rules. */
async function rule(page, name, text) {
    const field = part(page, "breakpoints").getByLabel(name);
    await field.fill(text);
    await field.press("Enter");
}

for (const [variant, path] of VARIANTS) {
    test(`a condition stops where it holds, and values open and change, ${variant}`, async (t) => {
        const { page, problems } = await ready(t, path);
        const [x, y] = await gutterOf(page, 6);
        await page.mouse.click(x, y, { button: "right" });
        await rule(page, "only if", "(= n 4)");
        await press(page, "run");
        await waitForText(page, "run-status", /paused/i);
        await waitForText(page, "why", "line 6");
        await waitForText(page, "locals", /twice.*8/);
        // The paused line shows its values.
        await page.locator(".cm-values", { hasText: "n = 4" }).waitFor();
        // A variable is changed by pressing it.
        const locals = part(page, "locals");
        await locals.locator("button.values__text").nth(0).click();
        const field = locals.locator("input");
        await field.fill("(* 100 100)");
        await field.press("Enter");
        await waitForText(page, "locals", "10000");
        await page.locator(".cm-values", { hasText: "n = 10000" }).waitFor();
        // What is asked sees the frame.
        await press(page, "tab-repl");
        await part(page, "repl-input").fill("(list 'frame n twice)");
        await part(page, "repl-input").press("Enter");
        await waitForText(page, "repl", /\(frame \d+ \d+\)/);
        await screenshot(page, `debugger-values-${variant.replace(" ", "-")}`);
        await press(page, "run");
        await waitForText(page, "output", "total");
        await waitForText(page, "breakpoints", "1 hit");
        assert.deepEqual(problems, []);
    });

    test(`watches show values and stop when they change, ${variant}`, async (t) => {
        const { page, problems } = await ready(t, path);
        await page.mouse.click(...(await gutterOf(page, 8)));
        await press(page, "run");
        await waitForText(page, "run-status", /paused/i);
        const input = part(page, "watch-input");
        await input.fill("total");
        await input.press("Enter");
        await input.fill("(point-y here)");
        await input.press("Enter");
        await waitForText(page, "watches", /total0.*\(2 3 #\(4 5\)\)/);
        await part(page, "watches").getByLabel("Stop when total changes").click();
        await page.waitForFunction(() => document.querySelector('[data-testid="watches"] input:checked'));
        await press(page, "run");
        await waitForText(page, "why", "total was 0 and became 1");
        await waitForText(page, "debug-events", /total: 0 became 1, by [a-z]+\.scm:7/);
        await press(page, "run");
        await waitForText(page, "why", "total was 1 and became 3");
        await waitForText(page, "watches", /total3/);
        await screenshot(page, `debugger-watches-${variant.replace(" ", "-")}`);
        await part(page, "watches").getByLabel("Stop when total changes").click();
        await press(page, "run");
        await waitForText(page, "output", "(total 45)");
        assert.deepEqual(problems, []);
    });

    test(`texts are logged, and events stop, ${variant}`, async (t) => {
        const { page, problems } = await ready(t, path);
        await page.mouse.click(...(await gutterOf(page, 7)), { button: "right" });
        await rule(page, "log instead of stopping", "adds {n} to {total}");
        await rule(page, "after so many times", "7");
        await part(page, "breakpoint-event").selectOption("exit");
        await press(page, "run");
        await waitForText(page, "why", "About to end");
        await waitForText(page, "output", "(total 45)");
        await waitForText(page, "debug-events", "adds 9 to 36");
        const logged = await part(page, "debug-events").locator(".noted__text--log").allTextContents();
        assert.deepEqual(logged, ["adds 9 to 36", "adds 8 to 28", "adds 7 to 21"]);
        await press(page, "run");
        await waitForText(page, "run-status", /done/i);
        assert.deepEqual(problems, []);
    });
}

test("the keyboard alone sets a breakpoint, runs to the cursor, steps and opens values", async (t) => {
    const { page, problems } = await ready(t, "");
    await part(page, "editor").locator(".cm-line").nth(6).click();
    await page.keyboard.press("Control+F10");
    await waitForText(page, "why", "line 7");
    await page.keyboard.press("Control+ArrowUp");
    await page.keyboard.press("F11");
    await waitForText(page, "why", "A step is done");
    const watch = part(page, "watch-input");
    await watch.focus();
    await page.keyboard.type("here");
    await page.keyboard.press("Enter");
    await waitForText(page, "watches", /here#<record point/);
    assert.deepEqual(problems, []);
});

test("parts of values open, on a phone as well", async (t) => {
    const { page, problems } = await open(t, { viewport: PHONE });
    await part(page, "editor").locator(".cm-content").waitFor();
    await rest(page);
    await type(page, PROGRAM.replace("(define (add n)\n  (let", "(define (add n)\n  (define mine here)\n  (let"));
    await page.mouse.click(...(await gutterOf(page, 7)));
    await press(page, "run");
    await waitForText(page, "run-status", /paused/i);
    await press(page, "pane-watch");
    await press(page, "tab-debugger");
    const locals = part(page, "locals");
    await locals.getByLabel("Open mine").click();
    await waitForText(page, "locals", /x1/);
    await locals.getByLabel("Open y").click();
    await locals.getByLabel("Open 2").click();
    await waitForText(page, "locals", /Watch04.*15.*Watch/);
    await twoFrames(page);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(wide <= 0, `${wide} pixels too wide`);
    await screenshot(page, "debugger-phone");
    assert.deepEqual(problems, []);
});
