// Where reductions go: recorded on the page, walked by keys, searched, saved.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";

import { press, rest, twoFrames, type } from "./page.mjs";
import { PHONE, open, part, screenshot, useSite } from "./site.mjs";

useSite();

const TWO = `(define (turn n) (if (> n 0) (turn (- n 1)) 0))
(define (hot n) (if (= n 0) 0 (+ 1 (turn 9000) (hot (- n 1)))))
(define (cold n) (if (= n 0) 0 (+ 1 (spin 1000) (cold (- n 1)))))
(define (spin n) (if (= n 0) 0 (+ 1 (spin (- n 1)))))
(define (again n) (if (> n 0) (begin (hot 20) (cold 20) (again (- n 1)))))
(again 40)
'done`;

/** Records TWO to its end. */
async function record(page) {
    await rest(page);
    await type(page, TWO);
    await part(page, "tab-profile").click();
    await part(page, "profile-record").click();
    await press(page, "run");
    await page.waitForFunction(
        () => document.querySelector('[data-testid="run-status"]').textContent.includes("done"),
        undefined,
        { timeout: 60_000 },
    );
    await page.waitForFunction(() =>
        document.querySelector('[data-testid="profile-at"]').textContent.startsWith("all: "),
    );
}

test("the hot procedure is on top, the graph is walked by keys, and the export can be read", async (t) => {
    const { page, problems } = await open(t);
    await record(page);
    const rows = part(page, "profile-table").locator("tbody tr");
    assert.equal(await rows.first().locator("td").nth(2).textContent(), "turn");
    const share = Number.parseFloat(await rows.first().locator("td").first().textContent());
    assert.ok(share > 80 && share < 95, `${share} % of the reductions`);
    await screenshot(page, "profile");
    const flame = part(page, "profile-flame");
    const at = () => part(page, "profile-at").textContent();
    /** Presses a key, and lets the page draw what comes of it. */
    const key = async (name) => {
        await page.keyboard.press(name);
        await twoFrames(page);
    };
    await flame.focus();
    // Down the largest calls to what was called most.
    for (let row = 0; row < 40 && !(await at()).startsWith("turn,"); row++) {
        const before = await at();
        await key("ArrowDown");
        if ((await at()) === before) {
            break;
        }
    }
    const deepest = await at();
    assert.match(deepest, /: itself [\d.]+ %, with what it called [\d.]+ %$/);
    await key("Space");
    await screenshot(page, "profile-zoomed");
    await key("Escape");
    assert.notEqual(await at(), deepest, "Escape leaves what was zoomed");
    await key("Home");
    assert.match(await at(), /^all: [\d,]+ samples/);
    await part(page, "profile-invert").click();
    await twoFrames(page);
    await flame.focus();
    await key("ArrowDown");
    assert.match(await at(), /^turn, .*: itself /, "inverted, what ran is on top");
    await key("Enter");
    await page.waitForFunction(() => document.activeElement?.closest('[data-testid="editor"]') !== null);
    await part(page, "profile-search").fill("spin");
    await twoFrames(page);
    assert.equal(await rows.count(), 1);
    await part(page, "profile-metrics").locator("summary").click();
    await twoFrames(page);
    assert.ok((await part(page, "profile-metrics").locator("figure").count()) >= 6);
    await screenshot(page, "profile-metrics");
    const [download] = await Promise.all([page.waitForEvent("download"), part(page, "profile-export").click()]);
    const file = JSON.parse(await readFile(await download.path(), "utf8"));
    assert.equal(file.$schema, "https://www.speedscope.app/file-format-schema.json");
    const [profile] = file.profiles;
    assert.equal(profile.samples.length, profile.weights.length);
    assert.ok(profile.samples.flat().every((frame) => frame < file.shared.frames.length));
    assert.ok(file.shared.frames.some((frame) => frame.name === "turn" && frame.line === 1));
    assert.deepEqual(problems, []);
});

test("the profile has room on a phone", async (t) => {
    const { page, problems } = await open(t, { viewport: PHONE, hasTouch: true, isMobile: true, colorScheme: "dark" });
    await rest(page);
    await part(page, "pane-watch").click();
    await part(page, "tab-profile").click();
    await part(page, "profile-record").click();
    await part(page, "pane-code").click();
    await type(page, TWO);
    await press(page, "run");
    await part(page, "pane-watch").click();
    await page.waitForFunction(
        () => document.querySelectorAll('[data-testid="profile-table"] tbody tr').length > 3,
        undefined,
        { timeout: 60_000 },
    );
    const sideways = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    assert.ok(sideways <= 0, `${sideways} px too wide`);
    await screenshot(page, "profile-phone");
    assert.deepEqual(problems, []);
});
