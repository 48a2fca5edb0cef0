// Offline use, and the headers of cross-origin isolation on hosts that do not send them.
//
// 1. VERSION and FILES are written by the build (scripts/finish-site); a new release is a new worker with a new cache.
// 2. The network comes first, so a new release shows at the next load; the cache answers when the network does not.
//    Files named after their contents come from the cache first: they cannot be stale.
// 3. Only this site's own GET requests are touched, and every answer to them carries the headers.
const VERSION = "development";
const FILES = [];

const CACHE_PREFIX = "physics-world-";
const CACHE = CACHE_PREFIX + VERSION;
const NETWORK_MS_MAX = 5000;
const NAMED_BY_CONTENT = /-[0-9a-f]{8,16}(_bg)?\.(js|wasm|css)$/;

self.addEventListener("install", (event) => {
    // Taking over comes first: isolation must not wait for the files, and offline use can.
    event.waitUntil(self.skipWaiting());
});

self.addEventListener("activate", (event) => {
    event.waitUntil(self.clients.claim().then(() => void refill()));
});

self.addEventListener("message", (event) => {
    if (event.data === "fill") {
        event.waitUntil(refill());
    }
});

self.addEventListener("fetch", (event) => {
    const { request } = event;
    const url = new URL(request.url);
    if (request.method !== "GET" || url.origin !== self.location.origin || request.cache === "only-if-cached") {
        return;
    }
    event.respondWith(answer(request, url).then(isolated));
});

let filling = null;

/** Fetches what is missing of this release, then forgets older releases. */
function refill() {
    filling ??= fill().finally(() => {
        filling = null;
    });
    return filling;
}

async function fill() {
    const cache = await caches.open(CACHE);
    let complete = true;
    for (const file of FILES) {
        if (!(await cache.match(file))) {
            await cache.add(new Request(file, { cache: "no-cache" })).catch(() => {
                complete = false;
            });
        }
    }
    if (complete) {
        const names = await caches.keys();
        const old = names.filter((name) => name.startsWith(CACHE_PREFIX) && name !== CACHE);
        await Promise.all(old.map((name) => caches.delete(name)));
    }
}

async function answer(request, url) {
    if (NAMED_BY_CONTENT.test(url.pathname)) {
        const kept = await lookUp(request);
        if (kept) {
            return kept;
        }
    }
    try {
        const response = await fetch(request, { signal: AbortSignal.timeout(NETWORK_MS_MAX) });
        if (response.ok && response.type === "basic" && VERSION !== "development") {
            const copy = response.clone();
            caches.open(CACHE).then((cache) => cache.put(withoutQuery(request), copy)).catch(() => {});
        }
        return response;
    } catch (error) {
        const kept = (await lookUp(request)) ?? (request.mode === "navigate" ? await lookUp(new Request("./")) : null);
        if (kept) {
            return kept;
        }
        throw error;
    }
}

/** The query holds settings for the page's own scripts; the file is the same. */
function withoutQuery(request) {
    const url = new URL(request.url);
    return url.origin + url.pathname;
}

/** This release first; an older one is better than nothing. */
async function lookUp(request) {
    const file = withoutQuery(request);
    const cache = await caches.open(CACHE);
    return (await cache.match(file)) ?? caches.match(file);
}

function isolated(response) {
    // An opaque or failed answer has no headers that could be set.
    if (response.status === 0 || response.type === "opaqueredirect") {
        return response;
    }
    const headers = new Headers(response.headers);
    headers.set("Cross-Origin-Opener-Policy", "same-origin");
    headers.set("Cross-Origin-Embedder-Policy", "require-corp");
    headers.set("Cross-Origin-Resource-Policy", "same-origin");
    const { status, statusText } = response;
    return new Response(response.body, { status, statusText, headers });
}
