// The host worker: starts an engine, takes the page's commands, posts what happens. It never blocks.
//
// 1. From the page: {kind: "start", threads, cores} once, then {kind: "command", bytes, needs} at any time; commands that
//    come before the engine is up wait in order. `needs` is "evaluation" where the page waits for an answer, and otherwise
//    empty.
// 2. To the page: {kind: "events", bytes, evaluated, images} and, at the end, {kind: "failed", reason}. After "failed" nothing
//    follows; the page starts another worker.
// 3. Threads: the cores run on workers of their own, and this one sleeps until there are news, a poll is due or a
//    command comes. One thread: actors run here, in slices, and commands are seen between slices.

/** Tried in turn: a browser may refuse to reserve much shared memory. */
const MEMORY_BYTES_MAX = [1 << 30, 1 << 29, 1 << 28];
const PAGE_BYTES = 1 << 16;
/** More than the engine's module asks for at its start, in pages of 64 KiB. */
const PAGES_AT_START = 256;
/** Longest run of actors without a look at the commands, with one thread. */
const SLICE_MS = 8;
/** Shortest time between two posts of events, unless an evaluation is waited for. */
const POST_INTERVAL_MS = 4;
/** How often to look for news where the browser cannot wait for a word of memory. */
const LOOK_INTERVAL_MS = 4;

let engine = null;
let failed = false;
let waitingCommands = [];
/** Evaluations that the page waits for: their answers are posted at once. */
let evaluations = 0;

self.onmessage = ({ data }) => {
    if (failed) {
        return;
    }
    if (data.kind === "start") {
        start(data).catch(fail);
    } else if (data.kind === "command") {
        take(data);
    }
};
self.addEventListener("error", (event) => fail(event.message));
self.addEventListener("unhandledrejection", (event) => fail(event.reason));

/** Ends this engine and says why. */
function fail(error) {
    if (!failed) {
        failed = true;
        postMessage({ kind: "failed", reason: error instanceof Error ? error.message : String(error) });
    }
}

/** Calls `action` unless the engine has failed; a trap or a panic in it is such a failure. */
function attempt(action) {
    if (failed) {
        return undefined;
    }
    try {
        return action();
    } catch (error) {
        fail(error);
        return undefined;
    }
}

async function start({ threads, cores }) {
    const memory = threads ? sharedMemory() : null;
    drive = memory ? await startThreads(Math.max(1, cores), memory) : await startSingle();
    const commands = waitingCommands;
    waitingCommands = null;
    commands.forEach(take);
    drive();
}

/** Continues whatever the variant needs after a command; set by `start`. */
let drive = () => {};

function take(command) {
    if (waitingCommands) {
        waitingCommands.push(command);
        return;
    }
    if (command.needs === "evaluation") {
        evaluations += 1;
    }
    attempt(() => engine.command(command.bytes));
    drive();
}

/** Posts what happened. */
function post() {
    attempt(() => {
        const message = engine.poll();
        if (message) {
            evaluations = Math.max(0, evaluations - message.evaluated);
            postMessage(message, [message.bytes, ...message.images]);
        }
    });
}

// ---- With threads ---------------------------------------------------------------------------------------------------

async function startThreads(cores, { memory, bytesMax }) {
    const bindings = await import("./threads/engine.js");
    await bindings.default({ memory });

    const number = crypto.getRandomValues(new Uint32Array(1))[0];
    const failures = new BroadcastChannel(`physics-world-engine-${number}`);
    failures.onmessage = ({ data }) => fail(data);

    await bindings.initThreadPool(cores);
    engine = new bindings.Engine(cores, bytesMax);
    bindings.startCores(engine, number);

    let postedAt = -Infinity;
    let timer = 0;
    /** Posts now, or as soon as the interval allows, and sets the next due moment. */
    const pump = () => {
        clearTimeout(timer);
        const wait = evaluations > 0 ? 0 : postedAt + POST_INTERVAL_MS - performance.now();
        if (wait > 0) {
            timer = setTimeout(pump, wait);
            return;
        }
        post();
        postedAt = performance.now();
        const next = attempt(() => engine.nextPollMs());
        if (next !== undefined) {
            timer = setTimeout(pump, next);
        }
    };
    watch(new Int32Array(memory.buffer), engine.newsAddress() >> 2, pump);
    return pump;
}

/** As much shared memory as the browser gives; null if it gives none, and then the engine runs on one thread. */
function sharedMemory() {
    for (const bytesMax of MEMORY_BYTES_MAX) {
        try {
            const maximum = bytesMax / PAGE_BYTES;
            return { memory: new WebAssembly.Memory({ initial: PAGES_AT_START, maximum, shared: true }), bytesMax };
        } catch {
            continue;
        }
    }
    return null;
}

/** Calls `pump` whenever the word changes. */
async function watch(words, index, pump) {
    let seen = Atomics.load(words, index);
    while (!failed) {
        if (typeof Atomics.waitAsync === "function") {
            const wait = Atomics.waitAsync(words, index, seen);
            if (wait.async) {
                await wait.value;
            }
        } else {
            await new Promise((resolve) => setTimeout(resolve, LOOK_INTERVAL_MS));
        }
        const now = Atomics.load(words, index);
        if (now !== seen) {
            seen = now;
            pump();
        }
    }
}

// ---- With one thread ------------------------------------------------------------------------------------------------

async function startSingle() {
    const bindings = await import("./single/engine.js");
    await bindings.default();
    engine = new bindings.Engine(1, MEMORY_BYTES_MAX[0]);

    // A message to oneself yields to the page's messages without the delay that browsers give to timers.
    const turns = new MessageChannel();
    let turnPending = false;
    let timer = 0;
    const turn = () => {
        if (!turnPending && !failed) {
            turnPending = true;
            turns.port2.postMessage(0);
        }
    };
    turns.port1.onmessage = () => {
        turnPending = false;
        clearTimeout(timer);
        const more = attempt(() => engine.runSlice(SLICE_MS));
        post();
        if (more) {
            turn();
            return;
        }
        const next = attempt(() => engine.nextPollMs());
        if (next !== undefined) {
            timer = setTimeout(turn, next);
        }
    };
    return turn;
}
