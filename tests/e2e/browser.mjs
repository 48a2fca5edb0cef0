// Headless Chromium as every test uses it.
import { existsSync } from "node:fs";

import { chromium } from "playwright-core";

const PLACES = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

const FLAGS = [
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
];

const WITHOUT_GPU = ["--disable-gpu"];
/** WebGL drawn by the processor. */
const WEBGL = ["--use-angle=swiftshader", "--enable-unsafe-swiftshader"];

/** Starts a browser with an empty profile of its own. */
export function launch({ webgl = false } = {}) {
    const executablePath = PLACES.find((place) => place && existsSync(place));
    if (!executablePath) {
        throw new Error("no Chromium found: run scripts/install-tools, or name one in CHROMIUM");
    }
    return chromium.launch({ executablePath, headless: true, args: [...FLAGS, ...(webgl ? WEBGL : WITHOUT_GPU)] });
}
