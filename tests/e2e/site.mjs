// The built site in a browser, as the tests open it.
//
// 1. Every page has a browser context of its own: nothing is stored from one test to the next.
// 2. Whatever a page says in its console as an error or a warning is kept in `problems`, and so is every uncaught error.
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { after, before } from "node:test";
import { fileURLToPath } from "node:url";

import { launch } from "./browser.mjs";
import { serve } from "./server.mjs";

export const root = join(fileURLToPath(new URL(".", import.meta.url)), "../..");
export const folder = process.env.SITE ?? join(root, "dist");
const screenshots = join(root, "target/screenshots");

/** A desktop window, and the narrowest phone that is supported. */
export const DESKTOP = { width: 1440, height: 900 };
export const PHONE = { width: 360, height: 740 };

let browser;
const servers = {};

/**
 * Call once in a test file: starts browser and servers before its tests, ends them after. `webgl`: the browser draws with
 * WebGL, in software.
 */
export function useSite(options = {}) {
    before(async () => {
        if (!existsSync(join(folder, "index.html"))) {
            throw new Error(`${folder} holds no built site: run make build`);
        }
        servers.isolated = await serve(folder);
        servers.plain = await serve(folder, { isolated: false });
        browser = await launch(options);
    });
    after(async () => {
        await browser?.close();
        await Promise.all(Object.values(servers).map((server) => server.close()));
    });
}

/**
 * Opens the site. `headers`: false for a host that does not send the isolation headers. `server`: instead of the file's own.
 * `path`: query and fragment.
 * The page is closed when test `t` ends. Returns {page, context, problems, server}.
 */
export async function open(t, { headers = true, server: own, path = "", ready = true, ...options } = {}) {
    const server = own ?? (headers ? servers.isolated : servers.plain);
    const context = await browser.newContext({ viewport: DESKTOP, ...options });
    t.after(() => context.close());
    const page = await context.newPage();
    const problems = [];
    page.on("console", (message) => {
        if (["error", "warning"].includes(message.type())) {
            problems.push(`${message.type()}: ${message.text()} (${message.location().url})`);
        }
    });
    page.on("pageerror", (error) => problems.push(`uncaught: ${error.message}`));
    await page.goto(server.url + path);
    if (ready) {
        await page.waitForFunction(() => globalThis.physicsWorld);
    }
    return { page, context, problems, server };
}

/** Runs a program through the page's scripting interface; a failing program answers {error}. */
export function evaluate(page, source) {
    return page.evaluate(async (source) => {
        try {
            return await globalThis.physicsWorld.evaluate(source);
        } catch (error) {
            return { error: String(error?.message ?? error) };
        }
    }, source);
}

/** Lets programs that are started from now on do everything there is to do outside of their world. */
export function allowAll(page) {
    return page.evaluate(() => {
        const kinds = ["file-read", "file-write", "environment"];
        globalThis.physicsWorld.allow(kinds.map((kind) => ({ kind, scope: "" })));
    });
}

/** The element with that `data-testid`. */
export function part(page, name) {
    return page.locator(`[data-testid="${name}"]`);
}

/** Keeps a picture for people to look at, in target/screenshots. */
export async function screenshot(page, name) {
    mkdirSync(screenshots, { recursive: true });
    await page.screenshot({ path: join(screenshots, `${name}.png`) });
}
