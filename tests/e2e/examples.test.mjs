// Every example of the page runs, does what it promises, and says nothing wrong in the console.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { press, waitForText } from "./page.mjs";
import { open, part, root, useSite } from "./site.mjs";

useSite();

const folder = join(root, "web/examples");
const examples = readdirSync(folder).filter((file) => file.endsWith(".scm")).sort();

/** How long an example may take to come to something. */
const MS_MAX = 20_000;

/** The words for a run that is over. */
const OVER = /done|failed|deadlock|stopped/i;

test("there are at least ten examples", () => {
    assert.ok(examples.length >= 10, `${examples.length}`);
});

for (const [variant, path] of [["threads", ""], ["one thread", "?threads=0"]]) {
    test(`examples, ${variant}`, async (t) => {
        const { page, problems } = await open(t, { path });
        await part(page, "editor").locator(".cm-content").waitFor();
        for (const file of examples) {
            await t.test(file, { timeout: 60_000 }, async () => {
                await part(page, "examples").selectOption(file);
                const source = readFileSync(join(folder, file), "utf8");
                await page.waitForFunction(
                    (line) => document.querySelector(".cm-content").textContent.includes(line),
                    source.split("\n")[0].trim(),
                );
                await press(page, "run");
                await waitForText(page, "output", /\S/, MS_MAX);
                // Some end by themselves, some are there to be watched until somebody stops them.
                await page.waitForTimeout(1000);
                await page.evaluate(() => {
                    const stop = document.querySelector('[data-testid="stop"]');
                    if (!stop.disabled) {
                        stop.click();
                    }
                });
                await waitForText(page, "run-status", OVER, MS_MAX);
                t.diagnostic(`${file}, ${variant}: ${await part(page, "run-status").textContent()}`);
            });
        }
        assert.deepEqual(problems, []);
    });
}
