// Every example of the page runs, does what it promises, and says nothing wrong in the console.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { press, type, waitForText } from "./page.mjs";
import { open, part, root, useSite } from "./site.mjs";

useSite();

const folder = join(root, "web/examples");
const examples = readdirSync(folder).filter((file) => file.endsWith(".scm")).sort();

/** How long an example may take to come to something. */
const MS_MAX = 20_000;

test("there are at least ten examples", () => {
    assert.ok(examples.length >= 10, `${examples.length}`);
});

for (const [variant, path] of [["threads", ""], ["one thread", "?threads=0"]]) {
    test(`examples, ${variant}`, async (t) => {
        const { page, problems } = await open(t, { path });
        await part(page, "editor").locator(".cm-content").waitFor();
        for (const file of examples) {
            await t.test(file, { timeout: 60_000 }, async () => {
                await type(page, readFileSync(join(folder, file), "utf8"));
                await press(page, "run");
                await waitForText(page, "status", /ended|finished|done|deadlock|running|failed/i, MS_MAX);
                await waitForText(page, "output", /\S/, MS_MAX);
                if (/running|paused/i.test(await part(page, "status").textContent())) {
                    await press(page, "stop");
                    await waitForText(page, "status", /stopped|ended|finished|done|deadlock/i);
                }
            });
        }
        assert.deepEqual(problems, []);
    });
}
