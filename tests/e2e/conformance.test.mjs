// The conformance suite, in the engine with threads and in the engine with one: what is not known to fail passes here, too.
//
// A section runs as one program. Its forms are divided as tests/src/conformance.rs does: one begins at each line that
// begins with a parenthesis. Natively the same list is also kept from growing stale.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { allowAll, evaluate, open, root, useSite } from "./site.mjs";

useSite();

const folder = join(root, "tests/conformance");
const read = (file) => readFileSync(join(folder, file), "utf8");
const known = new Set(read("known-failures.txt").split("\n"));

/** The top-level forms of a text; see the module. */
function forms(text) {
    const found = [];
    for (const line of text.split("\n").filter((line) => !line.startsWith(";"))) {
        if (line.startsWith("(")) {
            found.push("");
        }
        if (found.length > 0) {
            found[found.length - 1] += `${line}\n`;
        }
    }
    return found;
}

/** A section as a program, with what it must write. Libraries and imports stand first, as the standard wants. */
function program(section) {
    const name = (form) => `${section}: ${form.trim().split(/\s+/).join(" ")}`;
    const good = forms(read(`${section}.scm`)).filter((form) => !known.has(name(form)));
    const declarations = ["(define-library ", "(import "];
    const of = (start) => good.filter((form) => form.startsWith(start));
    const rest = good.filter((form) => !declarations.some((start) => form.startsWith(start)));
    const assertions = rest.filter((form) => form.startsWith("(test")).length;
    return {
        source: [...declarations.flatMap(of), ...forms(read("harness.scm")), ...rest].join(""),
        expected: `${section}: passed ${assertions} of ${assertions}\n`,
    };
}

const sections = readdirSync(folder)
    .filter((file) => file.endsWith(".scm") && file !== "harness.scm")
    .map((file) => file.replace(/\.scm$/, ""))
    .sort();

for (const [variant, path] of [["threads", ""], ["one thread", "?threads=0"]]) {
    test(`conformance, ${variant}`, async (t) => {
        assert.ok(sections.length > 20, "the folder holds the suite");
        const { page } = await open(t, { path });
        await allowAll(page);
        for (const section of sections) {
            await t.test(section, async () => {
                const { source, expected } = program(section);
                const { output, error } = await evaluate(page, source);
                assert.equal(error, undefined);
                assert.equal(output, expected);
            });
        }
    });
}
