// The heap, object by object: a million of them at speed, their cards, comparison, collections on the clock.
import assert from "node:assert/strict";
import { test } from "node:test";

import { press, rest, twoFrames, type, waitForText } from "./page.mjs";
import { PHONE, open, part, screenshot, useSite } from "./site.mjs";

useSite({ webgl: true });

/** What software drawing must give; a graphics card gives more. */
const FRAMES_PER_SECOND_MIN = 15;
/** Windows of two seconds to look at; the best counts, because the machine may be busy with other things. */
const WINDOWS_MAX = 8;
/** Longest that an actor stands still for a part of a picture, ms; the best of so many pictures counts, as above. */
const PORTION_MS_MAX = 1;
const PICTURES_MAX = 40;

const MILLION = `(define kept (iota 1000000))
(display (length kept))
(receive (never never))`;

const CHURN = `(define kept (iota 300000))
(define (churn n) (if (< n 1000) (begin (make-vector 2 n) (churn (+ n 1))) (churn 0)))
(churn 0)`;

const THINGS = `(define (build n) (if (= n 0) '() (cons (list n (number->string n)) (build (- n 1)))))
(define kept (vector (build 40) "some text" (make-vector 6000 'x)))
(define dropped (begin (build 2000) 'gone))
(display "ready")`;

/** Runs a program and opens the heap's view. */
async function look(page, source) {
    await rest(page);
    await type(page, source);
    await press(page, "run");
    await part(page, "tab-heap").click();
    await part(page, "heap-objects").waitFor({ timeout: 20_000 });
}

/** A number in a text, as the page writes it. */
async function figure(page, name, pattern) {
    const text = await part(page, name).textContent();
    return Number(pattern.exec(text)?.[1].replaceAll(",", ""));
}

/** Drags and zooms the map in every frame for two seconds; frames a second. Runs in the page. */
function movedFramesPerSecond() {
    const map = document.querySelector('[data-testid="heap-map"]');
    const box = map.getBoundingClientRect();
    const at = (x, y) => ({
        clientX: box.left + box.width * x,
        clientY: box.top + box.height * y,
        pointerId: 7,
        pointerType: "mouse",
        bubbles: true,
    });
    map.dispatchEvent(new PointerEvent("pointerdown", at(0.5, 0.5)));
    return new Promise((resolve) => {
        let count = 0;
        const first = (began) => {
            const frame = (now) => {
                const turn = now / 300;
                map.dispatchEvent(new PointerEvent("pointermove", at(0.5 + 0.3 * Math.sin(turn), 0.5 + 0.3 * Math.cos(turn))));
                map.dispatchEvent(new WheelEvent("wheel", { ...at(0.5, 0.5), deltaY: 60 * Math.sin(turn / 2) - 2, cancelable: true }));
                count += 1;
                if (now - began < 2000) {
                    requestAnimationFrame(frame);
                } else {
                    map.dispatchEvent(new PointerEvent("pointerup", at(0.9, 0.9)));
                    resolve((count * 1000) / (now - began));
                }
            };
            requestAnimationFrame(frame);
        };
        requestAnimationFrame(first);
    });
}

for (const way of ["webgl2", "canvas"]) {
    test(`a million pairs pan and zoom at speed, drawn by ${way}`, async (t) => {
        const { page, problems } = await open(t);
        if (way === "canvas") {
            await page.addInitScript(() => {
                const original = HTMLCanvasElement.prototype.getContext;
                HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {
                    return kind.startsWith("webgl") ? null : original.call(this, kind, ...rest);
                };
            });
            await page.reload();
            await page.waitForFunction(() => globalThis.physicsWorld);
        }
        await look(page, MILLION);
        await waitForText(page, "output", "1000000", 30_000);
        await page.waitForFunction(
            () => Number(document.querySelector('[data-testid="heap-objects"]')?.textContent.replace(/\D/g, "")) >= 1e6,
            null,
            { timeout: 30_000 },
        );
        await page.locator("[data-drawn-by]").waitFor();
        assert.equal(await part(page, "heap-map").getAttribute("data-drawn-by"), way);
        await screenshot(page, `heap-million-${way}`);
        const before = await part(page, "heap-map").screenshot();
        const rates = [];
        while (rates.length < WINDOWS_MAX && !(Math.max(...rates) >= FRAMES_PER_SECOND_MIN)) {
            rates.push(await page.evaluate(movedFramesPerSecond));
        }
        t.diagnostic(`${way}: ${rates.map((rate) => rate.toFixed(1)).join(", ")} frames a second`);
        await part(page, "heap-map").focus();
        for (const key of ["0", "+", "+", "+", "ArrowDown"]) {
            await page.keyboard.press(key);
        }
        await twoFrames(page);
        assert.notDeepEqual(await part(page, "heap-map").screenshot(), before, "what is seen has moved");
        await screenshot(page, `heap-moved-${way}`);
        assert.ok(Math.max(...rates) >= FRAMES_PER_SECOND_MIN, `${rates} frames a second`);
        assert.deepEqual(problems, []);
    });
}

test("reading a heap stops its actor for less than a millisecond", async (t) => {
    const { page } = await open(t);
    await look(page, CHURN);
    const longest = [];
    let last = "";
    while (longest.length < PICTURES_MAX && !(Math.min(...longest) < PORTION_MS_MAX)) {
        await page.waitForFunction(
            (last) => {
                const text = document.querySelector('[data-testid="heap-read"]')?.textContent ?? "";
                return /\d\d goes/.test(text) && text !== last;
            },
            last,
            { timeout: 30_000 },
        );
        last = await part(page, "heap-read").textContent();
        const [, number, unit] = /longest ([\d.]+) (µs|ms)/.exec(last);
        longest.push(unit === "ms" ? Number(number) : Number(number) / 1000);
    }
    await press(page, "stop");
    t.diagnostic(`longest stop of each picture: ${longest.join(", ")} ms`);
    assert.ok(Math.min(...longest) < PORTION_MS_MAX, `${longest} ms`);
});

test("keys alone find an object, its card and what it refers to", async (t) => {
    const { page, problems } = await open(t);
    await look(page, THINGS);
    await waitForText(page, "output", "ready");
    await part(page, "heap-map").focus();
    let said = "";
    for (let step = 0; step < 400 && !/^pair, 24 B.*(nursery|survivors|old) chunk \d+, byte/.test(said); step += 1) {
        await page.keyboard.press("n");
        said = await part(page, "heap-point").textContent();
    }
    assert.match(said, /^pair, 24 B, survived .*: \w+ chunk \d+, byte [\d,]+$/);
    await page.keyboard.press("Enter");
    await waitForText(page, "heap-object", /Keeps alive.*Refers to/s);
    const card = await part(page, "heap-object").textContent();
    assert.match(card, /pair/);
    assert.match(card, /Path from a root|Nothing reaches it/);
    await part(page, "heap-by").selectOption("age");
    await page.getByText("3 collections or more").waitFor();
    await part(page, "heap-by").selectOption("mark");
    await page.getByText("black: met and looked into").waitFor();
    await part(page, "heap-by").selectOption("type");
    await page.getByText("Map as a table").click();
    await waitForText(page, "heap-table", /nursery.*survivors.*old.*large/s);
    await screenshot(page, "heap-card");
    assert.deepEqual(problems, []);
});

test("a card shows the way to its object, and its references lead on", async (t) => {
    const { page, problems } = await open(t);
    await look(page, THINGS);
    await waitForText(page, "output", "ready");
    // The vector of 6,000 words lies alone in the space of large objects, the last section.
    await part(page, "heap-map").focus();
    await page.keyboard.press("p");
    await waitForText(page, "heap-point", /^vector, 46.9 KiB.*large chunk 0, byte 0/);
    await page.keyboard.press("Enter");
    await waitForText(page, "heap-path", /kept/);
    await screenshot(page, "heap-large");
    await part(page, "heap-path").getByRole("button").first().click();
    await waitForText(page, "heap-object", /Refers to \(2\).*element 0.*element 2/s);
    await part(page, "heap-object").getByRole("button", { name: "(40" }).last().click();
    await waitForText(page, "heap-object", /pair.*Referred to by \(1\)/s);
    await screenshot(page, "heap-path");
    assert.deepEqual(problems, []);
});

test("lines that made objects are counted, and lead to the editor", async (t) => {
    const { page, problems } = await open(t);
    await look(page, THINGS);
    await waitForText(page, "output", "ready");
    // From now on: the program runs again.
    await part(page, "heap-sites-on").click();
    await part(page, "heap-sites-on").waitFor({ state: "detached" });
    await look(page, THINGS);
    await waitForText(page, "output", "ready");
    await takeSnapshot(page);
    await waitForText(page, "heap-sites-table", /:2.*46\.9 KiB/s);
    await press(page, "heap-snapshot");
    await part(page, "heap-compare").waitFor();
    await press(page, "heap-compare");
    await waitForText(page, "heap-growth", /Growth between two snapshots/);
    await part(page, "heap-map").focus();
    await page.keyboard.press("p");
    await waitForText(page, "heap-point", /^vector, 46.9 KiB/);
    await page.keyboard.press("Enter");
    await waitForText(page, "heap-object-site", /^\S+:2$/);
    await screenshot(page, "heap-sites");
    await part(page, "heap-object-site").getByRole("button").click();
    await page.waitForFunction(() => document.querySelector(".cm-activeLine")?.textContent.startsWith("(define kept"));
    assert.deepEqual(problems, []);
});

test("a collection that was asked for is shown beside what was before", async (t) => {
    const { page, problems } = await open(t);
    await look(page, THINGS);
    await waitForText(page, "output", "ready");
    const before = await figure(page, "heap-objects", /([\d,]+) objects/);
    await press(page, "heap-collect");
    await part(page, "heap-before").waitFor();
    await page.waitForFunction(
        (before) =>
            Number(document.querySelector('[data-testid="heap-objects"]').textContent.replace(/\D/g, "")) < before - 3000,
        before,
    );
    await twoFrames(page);
    await screenshot(page, "heap-compare");
    await press(page, "heap-compare-end");
    await part(page, "heap-before").waitFor({ state: "detached" });
    await part(page, "tab-gc").click();
    await waitForText(page, "gc-cycles", /requested/);
    await waitForText(page, "gc-percentiles", /p50 .*p90 .*p99 .*max/);
    await screenshot(page, "heap-gc");
    assert.deepEqual(problems, []);
});

const GROWING = `(define all '())
(define (grow n) (if (> n 0) (begin (set! all (cons n all)) (grow (- n 1)))))
(define (again) (grow 1000) (receive (after 20 'go)) (again))
(again)`;

/** Presses "Take snapshot" and waits until the page tells of one that is not `last`. */
async function takeSnapshot(page, last = "") {
    await press(page, "heap-snapshot");
    await page.waitForFunction(
        (last) => {
            const text = [...document.querySelectorAll('[data-testid="heap-growth"] p')].at(-1)?.textContent ?? "";
            return /objects in .* after [\d,]+ reductions/.test(text) && text !== last;
        },
        last,
        { timeout: 20_000 },
    );
    return page.evaluate(() => [...document.querySelectorAll('[data-testid="heap-growth"] p')].at(-1).textContent);
}

/** Takes two snapshots of a heap of pairs that grows, and shows what grew. */
async function compareTwo(page) {
    const first = await takeSnapshot(page);
    await takeSnapshot(page, first);
    await press(page, "heap-compare");
    await waitForText(page, "heap-growth", /pair/);
}

/** The rows of the growth table: name, objects, size. */
function growthRows(page) {
    return page.evaluate(() =>
        [...document.querySelectorAll('[data-testid="heap-growth"] tbody tr')].map((row) =>
            [...row.cells].map((cell) => cell.textContent),
        ),
    );
}

for (const path of ["", "?threads=0"]) {
    test(`what grows between two snapshots is told, ${path || "with threads"}`, async (t) => {
        const { page, problems } = await open(t, { path });
        await look(page, GROWING);
        assert.equal(await part(page, "heap-compare").count(), 0);
        const first = await takeSnapshot(page);
        await page.waitForTimeout(300);
        await takeSnapshot(page, first);
        await press(page, "heap-compare");
        await waitForText(page, "heap-growth", /Growth between two snapshots.*pair/s);
        const rows = await growthRows(page);
        assert.equal(rows[0][0], "pair", JSON.stringify(rows));
        const grown = Number(rows[0][1].replace(/[+,]/g, ""));
        assert.ok(grown >= 1000, `${rows[0]}`);
        assert.match(rows[0][2], /^\+[\d.]+ (KiB|MiB)$/);
        await part(page, "heap-growth").getByRole("button", { name: "Objects" }).click();
        const counts = (await growthRows(page)).map((row) => Number(row[1].replace("−", "-").replace(/[+,]/g, "")));
        assert.deepEqual(counts, counts.toSorted((a, b) => b - a), "most growth in objects first");
        assert.equal(
            await part(page, "heap-growth").locator("th[aria-sort=descending]").textContent(),
            "Objects ▾",
        );
        await screenshot(page, path ? "heap-growth-single" : "heap-growth");
        // A run of its own has snapshots of its own.
        await press(page, "stop");
        await press(page, "reset");
        await press(page, "run");
        await part(page, "heap-growth").waitFor({ state: "detached" });
        assert.deepEqual(problems, []);
    });
}

test("a snapshot that cannot be analysed says why, and the next one can be", async (t) => {
    const { page } = await open(t, { serviceWorkers: "block" });
    await look(page, THINGS);
    await waitForText(page, "output", "ready");
    await page.route("**/analyst/module_bg.wasm", (route) => route.abort());
    await press(page, "heap-snapshot");
    await waitForText(page, "heap-growth", /fetch/i);
    await page.unroute("**/analyst/module_bg.wasm");
    await takeSnapshot(page);
    await waitForText(page, "heap-growth", /Snapshot[\d,]+ objects in/);
});

for (const colorScheme of ["light", "dark"]) {
    test(`growth on a phone, ${colorScheme}`, async (t) => {
        const { page } = await open(t, { viewport: PHONE, hasTouch: true, isMobile: true, colorScheme });
        await rest(page);
        await type(page, GROWING);
        await press(page, "run");
        await part(page, "pane-watch").click();
        await part(page, "tab-heap").first().click();
        await part(page, "heap-objects").waitFor();
        await compareTwo(page);
        await part(page, "heap-growth").scrollIntoViewIfNeeded();
        await screenshot(page, `heap-growth-phone-${colorScheme}`);
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        assert.ok(overflow <= 0, `${overflow} pixels too wide`);
    });
}

test("growth in the dark, on a desk", async (t) => {
    const { page } = await open(t, { colorScheme: "dark" });
    await look(page, GROWING);
    await compareTwo(page);
    await screenshot(page, "heap-growth-dark");
});

for (const colorScheme of ["light", "dark"]) {
    test(`the heap on a phone, ${colorScheme}`, async (t) => {
        const { page, problems } = await open(t, { viewport: PHONE, hasTouch: true, isMobile: true, colorScheme });
        await rest(page);
        await type(page, THINGS);
        await press(page, "run");
        await part(page, "pane-watch").click();
        await part(page, "tab-heap").first().click();
        await part(page, "heap-objects").waitFor();
        const box = await part(page, "heap-map").boundingBox();
        await page.touchscreen.tap(box.x + 40, box.y + 30);
        await part(page, "heap-object").waitFor();
        await waitForText(page, "heap-point", /chunk \d+, byte/);
        await screenshot(page, `heap-phone-${colorScheme}`);
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        assert.ok(overflow <= 0, `${overflow} pixels too wide`);
        assert.deepEqual(problems, []);
    });
}
