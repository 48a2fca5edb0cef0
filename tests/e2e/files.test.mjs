// Files of programs on the page: a person decides, files stay in the browser, and can be looked at, taken out and deleted.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { press, type, waitForText } from "./page.mjs";
import { PHONE, open, part, screenshot, useSite } from "./site.mjs";

useSite();

const VARIANTS = [["threads", ""], ["one thread", "?threads=0"]];

const PROGRAM = `(call-with-output-file "notes.txt" (lambda (port) (write '(kept 42) port)))
(display (call-with-input-file "notes.txt" read))
(newline)
(display (file-exists? "other.txt"))
(newline)
`;

async function ready(t, options) {
    const opened = await open(t, options);
    await part(opened.page, "editor").locator(".cm-content").waitFor();
    return opened;
}

for (const [variant, path] of VARIANTS) {
    test(`a program asks, writes and reads, and its file stays, ${variant}`, async (t) => {
        const { page, problems } = await ready(t, { path });
        await type(page, PROGRAM);
        await press(page, "run");
        await waitForText(page, "permission", /main wants to change \/notes\.txt.*welcome\.scm:1/s);
        await screenshot(page, `permission-${variant.replace(" ", "-")}`);
        await press(page, "permission-run");
        await waitForText(page, "permission", /main wants to read \/notes\.txt/);
        await press(page, "permission-all");
        await waitForText(page, "output", "(kept 42)");
        await waitForText(page, "output", "#f");
        await waitForText(page, "run-status", /done/i);
        assert.equal(await part(page, "permission").count(), 0);

        await press(page, "tab-files");
        await waitForText(page, "files", /\/notes\.txt.*9 B/s);
        await waitForText(page, "audit", /file-write notes\.txt.*allowed/s);
        await screenshot(page, `files-${variant.replace(" ", "-")}`);
        const [download] = await Promise.all([
            page.waitForEvent("download"),
            part(page, "files").getByRole("button", { name: "Download notes.txt" }).click(),
        ]);
        assert.equal(readFileSync(await download.path(), "utf8"), "(kept 42)");
        await part(page, "files-add").setInputFiles({
            name: "given.txt",
            mimeType: "text/plain",
            buffer: Buffer.from("from outside"),
        });
        await waitForText(page, "files", "/given.txt");
        // Kept a moment after the change.
        await page.waitForTimeout(500);
        await page.reload();
        await press(page, "tab-files");
        await waitForText(page, "files", /given\.txt.*notes\.txt/s);
        await part(page, "files").getByRole("button", { name: "Delete notes.txt" }).click();
        await page.waitForTimeout(500);
        await page.reload();
        await press(page, "tab-files");
        await waitForText(page, "files", /given\.txt/);
        assert.doesNotMatch(await part(page, "files").textContent(), /notes\.txt/);
        assert.deepEqual(problems, []);
    });
}

test("a no is an error that the program can handle, and Stop takes the question away", async (t) => {
    const { page, problems } = await ready(t, { viewport: PHONE });
    await type(
        page,
        "(define (try) (guard (c ((capability-denied? c) (display (denied-kind c))))\n" +
            '  (open-output-file "/secret.txt")))\n(try)\n(open-input-file "/other.txt")\n',
    );
    await press(page, "run");
    await waitForText(page, "permission", /secret/);
    await screenshot(page, "permission-phone");
    // Escape is a no.
    await page.keyboard.press("Escape");
    await waitForText(page, "output", "file-write");
    await waitForText(page, "permission", /other/);
    await press(page, "permission-deny");
    await waitForText(page, "problems", /other\.txt/);
    assert.deepEqual(problems, []);
});
