// The golden programs, in the engine with threads and in the engine with one, with the same output as natively.
import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { allowAll, evaluate, open, root, useSite } from "./site.mjs";

useSite();

const folder = join(root, "tests/programs");
const programs = readdirSync(folder)
    .filter((file) => file.endsWith(".scm") && existsSync(join(folder, file.replace(/scm$/, "out"))))
    .sort();

for (const [variant, path] of [["threads", ""], ["one thread", "?threads=0"]]) {
    test(`golden programs, ${variant}`, async (t) => {
        const { page } = await open(t, { path });
        for (const file of programs) {
            await t.test(file, async () => {
                const expected = readFileSync(join(folder, file.replace(/scm$/, "out")), "utf8");
                const { output, error } = await evaluate(page, readFileSync(join(folder, file), "utf8"));
                assert.equal(error, undefined);
                assert.equal(output, expected);
            });
        }
    });

    // The environment and the command line are the page's own: what shows them is for the native tests.
    test(`programs that reach outside, ${variant}`, async (t) => {
        const { page } = await open(t, { path });
        await allowAll(page);
        for (const name of ["files", "files-of-actors", "load"]) {
            await t.test(name, async () => {
                const path = join(folder, "outside", name);
                const { output, error } = await evaluate(page, readFileSync(`${path}.scm`, "utf8"));
                assert.equal(error, undefined);
                assert.equal(output, readFileSync(`${path}.out`, "utf8"));
            });
        }
    });

    test(`nothing is allowed that was not asked for, ${variant}`, async (t) => {
        const { page } = await open(t, { path });
        const source = '(guard (e ((file-error? e) (denied-kind e))) (open-input-file "/x"))';
        assert.equal((await evaluate(page, source)).value, "file-read");
        await allowAll(page);
        assert.match((await evaluate(page, '(open-input-file "/x")')).error, /there is no such file: "\/x"/);
        await assert.rejects(page.evaluate(() => physicsWorld.allow([{ kind: "moon" }])), /there is no kind "moon"/);
    });

    test(`failing programs, ${variant}`, async (t) => {
        const { page } = await open(t, { path });
        const errors = join(folder, "errors");
        for (const file of readdirSync(errors).filter((name) => name.endsWith(".scm"))) {
            await t.test(file, async () => {
                const expected = readFileSync(join(errors, file.replace(/scm$/, "err")), "utf8").trim();
                const { error } = await evaluate(page, readFileSync(join(errors, file), "utf8"));
                assert.ok(error, "the program must fail");
                assert.ok(error.includes(expected), `${error}\nlacks\n${expected}`);
            });
        }
    });
}

test("the engine that runs is the one that was asked for", async (t) => {
    const threads = await open(t);
    assert.equal(await threads.page.evaluate(() => globalThis.crossOriginIsolated), true);
    assert.ok(threads.server.requests.includes("/engine/threads/engine_bg.wasm"));
    const seen = threads.server.requests.length;
    const single = await open(t, { path: "?threads=0" });
    assert.equal((await evaluate(single.page, "(+ 1 2)")).value, "3");
    assert.ok(single.server.requests.slice(seen).includes("/engine/single/engine_bg.wasm"));
});
