// What a person does on the page, in the words of its `data-testid`s.
import { part } from "./site.mjs";

/** Replaces the editor's text. */
export async function type(page, source) {
    const content = part(page, "editor").locator(".cm-content");
    await content.click();
    await page.keyboard.press("ControlOrMeta+a");
    await page.keyboard.press("Delete");
    await page.evaluate((text) => {
        const data = new DataTransfer();
        data.setData("text/plain", text);
        const paste = new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true });
        document.querySelector('[data-testid="editor"] .cm-content').dispatchEvent(paste);
    }, source);
}

/** The editor's text. */
export function typed(page) {
    return page.evaluate(() => {
        const lines = document.querySelectorAll('[data-testid="editor"] .cm-content .cm-line');
        return [...lines].map((line) => line.textContent).join("\n");
    });
}

/** Waits until the element holds `text` (a string or a regular expression); fails with what it held instead. */
export async function waitForText(page, name, text, timeout = 10_000) {
    const pattern = typeof text === "string" ? new RegExp(text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")) : text;
    try {
        await page.waitForFunction(
            ([name, source, flags]) => {
                const element = document.querySelector(`[data-testid="${name}"]`);
                return element && new RegExp(source, flags).test(element.textContent);
            },
            [name, pattern.source, pattern.flags],
            { timeout },
        );
    } catch (error) {
        const texts = await page.evaluate((names) => {
            const shown = names.map((name) => [name, document.querySelector(`[data-testid="${name}"]`)?.textContent]);
            return JSON.stringify(Object.fromEntries(shown));
        }, [name, "run-status", "output", "problems", "notices"]);
        throw new Error(`${name} never held ${pattern}: ${texts}`, { cause: error });
    }
}

/** Waits until the engine is up and what comes with it has moved what it moves: the notice about one thread, say. */
export async function rest(page) {
    await waitForText(page, "status", /thread/);
    await twoFrames(page);
}

/** Waits for two frames. */
export function twoFrames(page) {
    return page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
}

/** Presses a button. */
export function press(page, name) {
    return part(page, name).click();
}
