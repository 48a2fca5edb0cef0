// The page for a person: first sight, themes, narrow windows, sharing, links that do not fit.
import assert from "node:assert/strict";
import { test } from "node:test";

import { press, type, typed, waitForText } from "./page.mjs";
import { PHONE, open, part, screenshot, useSite } from "./site.mjs";

useSite();

const CONTROLS = ["run", "pause", "stop", "step-into", "step-over", "step-out", "share", "editor", "output",
    "problems", "examples", "actors", "heap-map", "gc-cycles", "cores", "mailbox", "breakpoints", "frames",
    "locals", "bytecode", "theme"];

const PROGRAM = "(define (square x) (* x x))\n(display (square 12))\n(newline)\n";

test("the page has all its named parts and says nothing wrong", async (t) => {
    const { page, problems } = await open(t);
    for (const name of CONTROLS) {
        await part(page, name).first().waitFor({ state: "attached", timeout: 10_000 });
    }
    await part(page, "editor").locator(".cm-content").waitFor();
    await screenshot(page, "desktop");
    assert.deepEqual(problems, []);
});

test("a program runs from the editor to the output", async (t) => {
    const { page, problems } = await open(t);
    await part(page, "editor").locator(".cm-content").waitFor();
    await type(page, PROGRAM);
    await press(page, "run");
    await waitForText(page, "output", "144");
    assert.deepEqual(problems, []);
});

test("an error shows in the problems, with its line", async (t) => {
    const { page } = await open(t);
    await part(page, "editor").locator(".cm-content").waitFor();
    await type(page, "(define x 1)\n(car x)\n");
    await press(page, "run");
    await waitForText(page, "problems", /pair/);
    await waitForText(page, "problems", /2/);
});

test("tests report in a panel, those that do not pass first", async (t) => {
    const { page, problems } = await open(t);
    await type(
        page,
        "(import (srfi 64))\n(test-begin \"sums\")\n(test-eqv \"small\" 3 (+ 1 2))\n" +
            "(test-group \"large\"\n  (test-eqv \"wrong\" 40 (* 6 7)))\n(test-end)\n",
    );
    await press(page, "run");
    await waitForText(page, "tests", /1 failed.*1 passed/s);
    await waitForText(page, "tests", /sums \/ large \/ wrong.*expected: 40.*got: +42.*sums \/ small/s);
    assert.match(await part(page, "tab-tests").textContent(), /1 ✕/);
    await screenshot(page, "tests");
    // The place leads to the line.
    await part(page, "tests").getByRole("button", { name: /:5:/ }).click();
    await page.waitForFunction(() => /wrong/.test(document.querySelector(".cm-activeLine")?.textContent ?? ""));
    assert.deepEqual(problems, []);
});

test("without isolation the page says so and runs", async (t) => {
    const { page } = await open(t, { headers: false, serviceWorkers: "block" });
    await page.getByText(/single thread|one thread|single-thread/i).first().waitFor({ timeout: 10_000 });
    await part(page, "editor").locator(".cm-content").waitFor();
    await type(page, PROGRAM);
    await press(page, "run");
    await waitForText(page, "output", "144");
});

test("a shared link restores the program and does not run it", async (t) => {
    const { page, context } = await open(t, { permissions: ["clipboard-read", "clipboard-write"] });
    await part(page, "editor").locator(".cm-content").waitFor();
    await type(page, PROGRAM);
    await press(page, "share");
    await page.waitForFunction(() => location.hash.length > 10);
    const link = await page.evaluate(() => navigator.clipboard.readText());
    assert.equal(link, page.url());

    const other = await context.newPage();
    await other.goto(link);
    await part(other, "editor").locator(".cm-line").first().waitFor();
    await other.waitForFunction(() => document.querySelector(".cm-content").textContent.includes("square"));
    assert.equal((await typed(other)).trim(), PROGRAM.trim());
    await other.waitForTimeout(500);
    assert.doesNotMatch(await part(other, "output").textContent(), /144/);
    await press(other, "share");
    assert.equal(await other.evaluate(() => location.href), link, "sharing again gives the same link");
});

for (const [what, change] of [
    ["broken", (hash) => hash.slice(0, 12) + "AAAA" + hash.slice(16)],
    ["cut", (hash) => hash.slice(0, hash.length >> 1)],
    ["newer", (hash) => hash.replace(/^#\D*\d+/, (version) => version.replace(/\d+/, "999"))],
]) {
    test(`a ${what} link gives a message and an empty editor`, async (t) => {
        const { page, context, problems } = await open(t, { permissions: ["clipboard-read", "clipboard-write"] });
        await part(page, "editor").locator(".cm-content").waitFor();
        await type(page, PROGRAM);
        await press(page, "share");
        await page.waitForFunction(() => location.hash.length > 10);
        const url = new URL(page.url());
        url.hash = change(url.hash);
        assert.notEqual(url.href, page.url());
        const other = await context.newPage();
        await other.goto(url.href);
        await other.getByText(what === "newer" ? /newer/i : /link/i).first().waitFor({ timeout: 10_000 });
        await part(other, "editor").locator(".cm-content").waitFor();
        assert.equal((await typed(other)).trim(), "");
        assert.deepEqual(problems, []);
    });
}

for (const colorScheme of ["light", "dark"]) {
    test(`${colorScheme} theme of the system, desktop and phone`, async (t) => {
        const { page } = await open(t, { colorScheme });
        await part(page, "editor").locator(".cm-content").waitFor();
        await screenshot(page, `desktop-${colorScheme}`);
        const brightness = await page.evaluate(() => {
            const [r, g, b] = getComputedStyle(document.body).backgroundColor.match(/[\d.]+/g).map(Number);
            return (r + g + b) / 3;
        });
        assert.ok(colorScheme === "dark" ? brightness < 100 : brightness > 155, `brightness ${brightness}`);
        await page.setViewportSize(PHONE);
        await page.waitForTimeout(200);
        await screenshot(page, `phone-${colorScheme}`);
    });
}

test("no sideways scroll at 360 pixels, with a program running", async (t) => {
    const { page } = await open(t, { viewport: PHONE, hasTouch: true, isMobile: true });
    await part(page, "editor").locator(".cm-content").waitFor();
    const overflow = () => page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok((await overflow()) <= 0, `${await overflow()} pixels too wide`);
});
