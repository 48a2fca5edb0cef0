// The editor's help: completion, descriptions, definitions, renaming, layout, folds, classes of names.
import assert from "node:assert/strict";
import { test } from "node:test";

import { press, rest, twoFrames, type, typed, waitForText } from "./page.mjs";
import { PHONE, open, part, screenshot, useSite } from "./site.mjs";

useSite();

const VARIANTS = [["threads", ""], ["one thread", "?threads=0"]];

const PROGRAM = `;; Twice the number.
(define (double number)
  (* number 2))

(display (double 21))
`;

async function ready(t, options) {
    const opened = await open(t, options);
    await part(opened.page, "editor").locator(".cm-content").waitFor();
    await rest(opened.page);
    return opened;
}

/** Where the editor shows `text` last. */
function placeOf(page, text) {
    return page.evaluate((text) => {
        const lines = [...document.querySelectorAll('[data-testid="editor"] .cm-line')].reverse();
        for (const line of lines) {
            const walker = document.createTreeWalker(line, NodeFilter.SHOW_TEXT);
            let found = null;
            for (let node = walker.nextNode(); node; node = walker.nextNode()) {
                if (node.data.includes(text)) found = node;
            }
            if (!found) continue;
            const range = document.createRange();
            const at = found.data.lastIndexOf(text);
            range.setStart(found, at);
            range.setEnd(found, at + text.length);
            const { left, right, top, bottom } = range.getBoundingClientRect();
            return { left, right, top, bottom };
        }
        return null;
    }, text);
}

/** Puts the cursor into the last place at which the editor shows `text`, once that stands still. */
async function goTo(page, text) {
    let [before, box] = [null, await placeOf(page, text)];
    while (JSON.stringify(before) !== JSON.stringify(box)) {
        await twoFrames(page);
        [before, box] = [box, await placeOf(page, text)];
    }
    assert.ok(box, `${text} is in sight`);
    const place = { x: (box.left + box.right) / 2, y: (box.top + box.bottom) / 2 };
    await page.mouse.click(place.x, place.y);
    return place;
}



for (const [variant, path] of VARIANTS) {
    test(`completion inserts a name, ${variant}`, async (t) => {
        const { page, problems } = await ready(t, { path });
        await type(page, "(define (f number-of-things)\n  ");
        await page.keyboard.type("(+ 1 numb");
        const popup = page.locator(".cm-tooltip-autocomplete");
        await popup.waitFor();
        assert.match(await popup.locator("li").first().textContent(), /^number-of-things/);
        // A popup takes no keys in its first moment.
        await page.waitForTimeout(100);
        await page.keyboard.press("Enter");
        await popup.waitFor({ state: "detached" });
        assert.match(await typed(page), /\(\+ 1 number-of-things/);
        await page.keyboard.type(" (string-le");
        await popup.waitFor();
        await page.locator(".cm-completionInfo").getByText("(string-length string)").waitFor();
        if (variant === "threads") await screenshot(page, "completion");
        await page.keyboard.press("Escape");
        await popup.waitFor({ state: "detached" });
        assert.match(await typed(page), /\(string-le/, "Escape inserts nothing");
        assert.deepEqual(problems, []);
    });
}

test("hovering and a command show the signature", async (t) => {
    const { page, problems } = await ready(t);
    await type(page, PROGRAM);
    const place = await goTo(page, "display");
    await page.mouse.move(place.x - 2, place.y + 1);
    const card = page.locator(".cm-tooltip-hover");
    await card.getByText("(display object [port])").waitFor();
    await screenshot(page, "hover");
    await page.mouse.move(5, 5);
    await card.waitFor({ state: "detached" });
    await goTo(page, "double");
    await page.keyboard.press("Alt+i");
    const described = part(page, "describe");
    await described.getByText("Twice the number.").waitFor();
    await described.getByText("(double number)").waitFor();
    await page.keyboard.press("Escape");
    await described.waitFor({ state: "detached" });
    assert.deepEqual(problems, []);
});

test("a definition is found in this file and in another", async (t) => {
    const { page, problems } = await ready(t);
    await type(page, PROGRAM);
    await goTo(page, "double");
    await page.keyboard.press("F12");
    await page.waitForFunction(() => getSelection().toString() === "double");
    const line = () => page.evaluate(() => document.querySelector(".cm-activeLine")?.textContent);
    assert.equal(await line(), "(define (double number)");

    await page.getByRole("button", { name: "Add a file" }).click();
    await page.locator(".cm-line").first().waitFor();
    await page.waitForFunction(() => document.querySelector(".cm-content").textContent === "");
    await type(page, "(display (double 5))");
    const place = await goTo(page, "double");
    await page.keyboard.down("Control");
    await page.mouse.click(place.x, place.y);
    await page.keyboard.up("Control");
    await page.waitForFunction(() => document.querySelector(".cm-activeLine")?.textContent === "(define (double number)");
    assert.deepEqual(problems, []);
});

test("renaming changes every use, and says why it does not", async (t) => {
    const { page, problems } = await ready(t);
    await type(page, PROGRAM);
    await goTo(page, "double");
    await page.keyboard.press("F2");
    const form = part(page, "rename");
    await form.waitFor();
    await page.waitForFunction(() => document.activeElement?.className === "rename__field");
    await page.keyboard.type("display");
    await page.keyboard.press("Enter");
    await form.getByText(/is taken|would mean/).waitFor();
    await screenshot(page, "rename");
    await page.keyboard.press("ControlOrMeta+a");
    await page.keyboard.type("twice");
    await page.keyboard.press("Enter");
    await form.waitFor({ state: "detached" });
    assert.equal((await typed(page)).trim(), PROGRAM.replaceAll("double", "twice").trim());
    await page.keyboard.press("ControlOrMeta+z");
    assert.equal((await typed(page)).trim(), PROGRAM.trim(), "one step back undoes all of it");

    await goTo(page, "double");
    await page.keyboard.press("F2");
    await form.waitFor();
    await page.waitForFunction(() => document.activeElement?.className === "rename__field");
    await page.keyboard.press("Escape");
    await form.waitFor({ state: "detached" });
    await page.waitForFunction(() => document.activeElement?.classList.contains("cm-content"));
    assert.deepEqual(problems, []);
});

test("formatting lays the text out, and undo restores it", async (t) => {
    const { page, problems } = await ready(t);
    const untidy = "(define   (f x)\n(let ((y 1))\n(+ x\ny)))";
    await type(page, untidy);
    await page.keyboard.press("Shift+Alt+F");
    const tidy = "(define (f x)\n  (let ((y 1))\n    (+ x\n       y)))\n";
    await page.waitForFunction(() => document.querySelector(".cm-content").textContent.includes("  (let"));
    assert.equal(await typed(page), tidy);
    await page.keyboard.press("ControlOrMeta+z");
    assert.equal(await typed(page), untidy);
    await type(page, "(define (f x)\n  (g");
    await page.keyboard.press("Shift+Alt+F");
    await part(page, "notices").getByText(/does not read.*not closed/).waitFor();
    assert.equal(await typed(page), "(define (f x)\n  (g", "what does not read is left alone");
    assert.deepEqual(problems, []);
});

test("names show what they mean, and forms fold", async (t) => {
    const { page, problems } = await ready(t);
    await type(page, "(define (f list)\n  (car list))\n(f '(1))\n");
    await page.locator(".cm-name-parameter").first().waitFor();
    assert.deepEqual(await page.locator(".cm-name-parameter").allTextContents(), ["list", "list"]);
    assert.deepEqual(await page.locator(".cm-name-definition").allTextContents(), ["f"]);
    await page.locator(".cm-foldGutter").getByText("▾").first().click();
    await page.locator(".cm-foldPlaceholder").waitFor();
    assert.doesNotMatch(await typed(page), /car/);
    await screenshot(page, "classes-and-folds");
    assert.deepEqual(problems, []);
});

test("questions are answered while the engine is busy on one thread", async (t) => {
    const { page, problems } = await ready(t, { path: "?threads=0" });
    await type(page, "(define (spin n) (spin (+ n 1)))\n(spin 0)");
    await press(page, "run");
    await waitForText(page, "run-status", /running/i);
    await goTo(page, "spin");
    await page.keyboard.press("F12");
    await page.waitForFunction(() => getSelection().toString() === "spin");
    await page.locator(".cm-name-definition").getByText("spin").waitFor();
    assert.match(await part(page, "run-status").textContent(), /running/i);
    await press(page, "stop");
    assert.deepEqual(problems, []);
});

test("without what answers it the editor works on, and says so once", async (t) => {
    const { page } = await open(t, { ready: false, serviceWorkers: "block" });
    await page.route("**/assistant/module_bg.wasm", (route) => route.abort());
    await page.reload();
    await part(page, "editor").locator(".cm-content").waitFor();
    await rest(page);
    await part(page, "notices").getByText(/does without completion/).waitFor();
    await type(page, PROGRAM);
    await goTo(page, "double");
    for (const key of ["F12", "Alt+i", "Shift+Alt+F", "F12"]) {
        await page.keyboard.press(key);
        await twoFrames(page);
    }
    assert.equal((await typed(page)).trim(), PROGRAM.trim());
    assert.equal(await part(page, "notices").getByText(/does without completion/).count(), 1);
    await press(page, "run");
    await waitForText(page, "output", "42");
});

test("searching is loaded with the editor's first focus", async (t) => {
    const { page, problems } = await ready(t);
    await type(page, PROGRAM);
    await page.keyboard.press("ControlOrMeta+f");
    const panel = page.locator(".cm-search");
    await panel.waitFor();
    await page.keyboard.type("double");
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => document.querySelectorAll(".cm-searchMatch").length === 2);
    await page.keyboard.press("Escape");
    await panel.waitFor({ state: "detached" });
    assert.deepEqual(problems, []);
});

test("on a phone the commands are in the palette", async (t) => {
    const { page, problems } = await ready(t, { viewport: PHONE, hasTouch: true, isMobile: true });
    await type(page, PROGRAM);
    await goTo(page, "display");
    await part(page, "palette").click();
    await page.getByRole("option", { name: /Describe the name/ }).click();
    const described = part(page, "describe");
    await described.getByText("(display object [port])").waitFor();
    await screenshot(page, "phone-describe");
    const box = await described.boundingBox();
    assert.ok(box.x >= 0 && box.x + box.width <= PHONE.width, JSON.stringify(box));
    assert.deepEqual(problems, []);
});

for (const colorScheme of ["light", "dark"]) {
    test(`popups in the ${colorScheme} theme`, async (t) => {
        const { page } = await ready(t, { colorScheme });
        await type(page, PROGRAM);
        await page.keyboard.press("ControlOrMeta+End");
        await page.keyboard.type("(vector-");
        await page.locator(".cm-tooltip-autocomplete").waitFor();
        await page.locator(".cm-completionInfo").waitFor();
        await screenshot(page, `completion-${colorScheme}`);
        await page.keyboard.press("Escape");
        await goTo(page, "double");
        await page.keyboard.press("F2");
        await part(page, "rename").waitFor();
        await screenshot(page, `rename-${colorScheme}`);
    });
}
