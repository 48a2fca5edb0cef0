// The collector at hand: settings while a program runs, phases step by step, the same program under every policy.
import assert from "node:assert/strict";
import { test } from "node:test";

import { press, rest, twoFrames, type, waitForText } from "./page.mjs";
import { PHONE, open, part, screenshot, useSite } from "./site.mjs";

useSite({ webgl: true });

const CHURN = `(define kept (iota 3000))
(define (churn n) (if (< n 1000) (churn (+ n (vector-length (make-vector 1 n)))) (churn 0)))
(churn 0)`;

const TREES = `(define (tree n) (if (= n 0) '() (cons (tree (- n 1)) (tree (- n 1)))))
(define (again n) (if (> n 0) (begin (tree 12) (again (- n 1)))))
(define kept (tree 13))
(again 60)`;

/** Waits for a collection of this kind in the list. */
function waitForKind(page, kind) {
    return page.waitForFunction(
        (kind) =>
            [...document.querySelectorAll('[data-testid="gc-cycles"] tbody tr')].some((row) =>
                row.children[2].textContent.endsWith(kind),
            ),
        kind,
        { timeout: 30_000 },
    );
}

test("a policy that is chosen while a program runs shows in its collections, and is kept", async (t) => {
    const { page, problems } = await open(t);
    await rest(page);
    await type(page, CHURN);
    await press(page, "run");
    await part(page, "tab-gc").click();
    await waitForKind(page, "minor");
    await part(page, "collector-policy").selectOption("copying");
    await waitForKind(page, "copy");
    await part(page, "collector-policy").selectOption("mark-sweep");
    await waitForKind(page, "full");
    await part(page, "collector-more").click();
    const growth = page.getByLabel("Growth, %");
    // A person types more slowly than the page follows the program.
    await growth.fill("");
    await growth.pressSequentially("150", { delay: 400 });
    await page.waitForTimeout(1_000);
    assert.equal(await growth.inputValue(), "150", "what is typed stays while the program runs");
    await growth.press("Enter");
    await page.waitForFunction(
        () => document.querySelector('[data-testid="collector-policy"]').selectedOptions[0].textContent === "your own",
    );
    await screenshot(page, "collector-settings");
    await press(page, "stop");
    // As every other setting, it is part of the draft.
    await page.waitForTimeout(1_000);
    await page.reload();
    await page.waitForFunction(() => globalThis.physicsWorld);
    await part(page, "tab-gc").click();
    await part(page, "collector-more").click();
    assert.equal(await page.getByLabel("Growth, %").inputValue(), "150");
    await press(page, "run");
    await waitForKind(page, "full");
    await press(page, "stop");
    assert.deepEqual(problems, []);
});

test("the collector of a paused actor is stepped through its phases", async (t) => {
    const { page, problems } = await open(t);
    await rest(page);
    await type(page, CHURN);
    await press(page, "run");
    await part(page, "tab-heap").click();
    await part(page, "heap-objects").waitFor();
    assert.ok(await part(page, "heap-step-slice").isDisabled(), "it runs");
    await press(page, "pause");
    const told = [];
    const step = async (button) => {
        const before = await part(page, "heap-step").textContent({ timeout: 500 }).catch(() => "");
        await part(page, button).click();
        await page.waitForFunction(
            (before) => ![undefined, before].includes(document.querySelector('[data-testid="heap-step"]')?.textContent),
            before,
        );
        told.push(await part(page, "heap-step").textContent());
        return told.at(-1);
    };
    // To a beginning, wherever the program was caught.
    for (let count = 0; count < 4 && !(await step("heap-step-phase")).startsWith("Idle"); count += 1);
    assert.match(told.at(-1), /^Idle/);
    assert.match(await step("heap-step-slice"), /^Marking begins.*grey/);
    assert.match(await step("heap-step-slice"), /^Marking: .*became black/);
    // The map shows the colours.
    await page.waitForFunction(() => {
        const row = document.querySelector(".heap__types .kind--mark-3")?.closest("tr");
        return Number(row?.children[1].textContent.replaceAll(",", "")) > 0;
    });
    await twoFrames(page);
    await screenshot(page, "collector-marking");
    assert.match(await step("heap-step-phase"), /^Sweeping begins.*garbage/);
    await twoFrames(page);
    await screenshot(page, "collector-sweeping");
    assert.match(await step("heap-step-phase"), /^Idle.*over/);
    assert.deepEqual(problems, []);
});

test("the same program has figures under every policy", async (t) => {
    const { page, problems } = await open(t);
    await rest(page);
    await type(page, TREES);
    await part(page, "tab-gc").click();
    await part(page, "compare-more").click();
    await part(page, "compare-start").click();
    const policies = await part(page, "collector-policy").locator("option").allTextContents();
    assert.ok(policies.length >= 6, `${policies}`);
    await page.waitForFunction(
        (count) =>
            document.querySelectorAll('[data-testid="compare-table"] tbody tr').length === count &&
            document.querySelector('[data-testid="compare-start"]').textContent === "Compare",
        policies.length,
        { timeout: 120_000 },
    );
    const rows = part(page, "compare-table").locator("tbody tr");
    assert.deepEqual(await rows.locator("td:first-child").allTextContents(), policies);
    for (const row of await rows.allTextContents()) {
        assert.match(row, /\d (minor|full|copy)/);
        assert.doesNotMatch(row, /stopped|given up/);
    }
    await screenshot(page, "collector-comparison");
    // A program without an end is cut off, and a comparison can be given up.
    await type(page, CHURN);
    await part(page, "compare-seconds").selectOption("2");
    await part(page, "compare-start").click();
    await waitForText(page, "compare-table", /stopped after 2 s/, 20_000);
    await part(page, "compare-start").click();
    await waitForText(page, "compare-table", /given up/);
    assert.deepEqual(problems, []);
});

for (const colorScheme of ["light", "dark"]) {
    test(`settings and steps on a phone, ${colorScheme}`, async (t) => {
        const { page, problems } = await open(t, { viewport: PHONE, hasTouch: true, isMobile: true, colorScheme });
        await rest(page);
        await type(page, TREES);
        await press(page, "run");
        await part(page, "pane-watch").click();
        await part(page, "tab-heap").first().click();
        await part(page, "heap-step-slice").click({ timeout: 30_000 });
        await waitForText(page, "heap-step", /begins|Idle/);
        await screenshot(page, `collector-phone-steps-${colorScheme}`);
        await part(page, "tab-gc").first().click();
        await part(page, "collector-more").click();
        await screenshot(page, `collector-phone-settings-${colorScheme}`);
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        assert.ok(overflow <= 0, `${overflow} pixels too wide`);
        assert.deepEqual(problems, []);
    });
}
