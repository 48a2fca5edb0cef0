// Shared memory with and without the host's help, and the site without any host.
import assert from "node:assert/strict";
import { test } from "node:test";

import { serve } from "./server.mjs";
import { folder, open, useSite } from "./site.mjs";

useSite();

const isolated = () => globalThis.crossOriginIsolated;
const controlled = () => navigator.serviceWorker.controller !== null;

test("a host with the headers gives shared memory at once", async (t) => {
    const { page } = await open(t, { ready: false });
    assert.equal(await page.evaluate(isolated), true);
    assert.equal(await page.evaluate(() => performance.getEntriesByType("navigation")[0].type), "navigate");
});

test("a host without the headers gives it after one reload, through the service worker", async (t) => {
    const { page, context } = await open(t, { headers: false, ready: false });
    await page.waitForFunction(isolated, undefined, { timeout: 10_000 });
    assert.equal(await page.evaluate(controlled), true);

    let loads = 0;
    const again = await context.newPage();
    again.on("domcontentloaded", () => (loads += 1));
    await again.goto(page.url());
    await again.waitForTimeout(500);
    assert.equal(await again.evaluate(isolated), true);
    assert.equal(loads, 1, "a second visit is isolated without a reload");
});

test("one thread asked for: no reload, no isolation needed", async (t) => {
    const { page } = await open(t, { headers: false, path: "?threads=0", ready: false });
    let loads = 0;
    page.on("domcontentloaded", () => (loads += 1));
    await page.waitForTimeout(1500);
    assert.equal(loads, 0);
    assert.equal(await page.evaluate(isolated), false);
});

test("without service workers the page is not reloaded for ever", async (t) => {
    const { page, server } = await open(t, { headers: false, serviceWorkers: "block", ready: false });
    const before = server.requests.filter((path) => path === "/").length;
    await page.waitForTimeout(1500);
    const loads = server.requests.filter((path) => path === "/").length - before;
    assert.ok(loads <= 1, `loaded ${loads} more times`);
});

test("after one visit the site works offline, with shared memory", async (t) => {
    const server = await serve(folder, { isolated: false });
    const { page } = await open(t, { server, ready: false });
    await page.waitForFunction(isolated);
    await page.waitForFunction(
        async () => {
            const text = await (await fetch("service-worker.js")).text();
            const files = JSON.parse(text.match(/const FILES = (\[.*\]);/)[1]);
            const kept = await Promise.all(files.map((file) => caches.match(file)));
            return kept.every(Boolean);
        },
        undefined,
        { timeout: 15_000, polling: 200 },
    );
    await server.close();
    await page.reload();
    assert.equal(await page.evaluate(isolated), true);
    const failed = await page.evaluate(async () => {
        const names = performance.getEntriesByType("resource").map((entry) => entry.name);
        const answers = await Promise.all(names.map((name) => fetch(name).then((answer) => answer.ok, () => false)));
        return names.filter((_, index) => !answers[index]);
    });
    assert.deepEqual(failed, []);
});
