// Every example that ends is recorded on all cores and repeated on one: equal values, output and reductions, in the
// engine with threads and in the engine with one.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { open, root, useSite } from "./site.mjs";

useSite();

const folder = join(root, "web/examples");
const examples = readdirSync(folder).filter((file) => file.endsWith(".scm")).sort();

for (const [variant, path] of [["threads", ""], ["one thread", "?threads=0"]]) {
    test(`examples repeat, ${variant}`, async (t) => {
        const { page } = await open(t, { path });
        for (const file of examples) {
            await t.test(file, { timeout: 60_000 }, async () => {
                const source = readFileSync(join(folder, file), "utf8");
                const answer = await page.evaluate(
                    (source) => physicsWorld.checkReplay(source).then(({ value }) => value, (error) => error.message),
                    source,
                );
                assert.match(answer, /^equal: \d+ actors, \d+ reductions, \d+ journal entries$/);
                t.diagnostic(`${file}, ${variant}: ${answer}`);
            });
        }
    });
}
