// A static file server for the tests: the built site as any web host would give it, with or without isolation headers.
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize, sep } from "node:path";

const TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".wasm": "application/wasm",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
};

const ISOLATION = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Resource-Policy": "same-origin",
};

/**
 * Serves `folder` at a free port of the loopback address.
 *
 * `isolated`: send the headers that give a page shared memory. `overrides`: path to text, instead of the file.
 * Returns {url, requests, overrides, close()}.
 */
export async function serve(folder, { isolated = true, overrides = {} } = {}) {
    const requests = [];
    const server = createServer(async (request, response) => {
        const path = decodeURIComponent(new URL(request.url, "http://host").pathname);
        requests.push(path);
        const headers = { "Cache-Control": "no-cache", ...(isolated ? ISOLATION : {}) };
        const file = normalize(join(folder, path.endsWith("/") ? `${path}index.html` : path));
        const type = TYPES[extname(file)] ?? "application/octet-stream";
        if (path in overrides) {
            response.writeHead(200, { ...headers, "Content-Type": type });
            response.end(overrides[path]);
            return;
        }
        const found = file.startsWith(normalize(folder + sep)) && (await stat(file).catch(() => null));
        if (!found || !found.isFile()) {
            response.writeHead(404, { ...headers, "Content-Type": "text/plain" });
            response.end("not found");
            return;
        }
        response.writeHead(200, { ...headers, "Content-Type": type, "Content-Length": found.size });
        createReadStream(file).pipe(response);
    });
    await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
    const close = () => {
        server.closeAllConnections();
        return new Promise((resolve) => server.close(resolve));
    };
    return { url: `http://127.0.0.1:${server.address().port}/`, requests, overrides, close };
}
