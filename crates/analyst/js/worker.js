// The analyst's worker: takes one snapshot of a heap, analyses it, answers what the page asks about it.
//
// 1. From the page: {kind: "take", id, number, actor, reductions, image, places} once, then {kind: "object", id, name} at any
//    time. Every message has one answer: {id, bytes}, or {id, error} with what is wrong.
// 2. After a trap this worker runs no wasm again: every later question is answered with what ended it. The page ends the
//    worker when there is another snapshot.

let analyst = null;
/** What ended the module. */
let failure = null;
/** The module's last words: called by it before it ends. */
self.reportFailure = (reason) => {
    failure = reason;
};
/** Answers are given in the order of questions. */
let last = Promise.resolve();

self.onmessage = ({ data }) => {
    last = last.then(() => answer(data));
};

async function answer(data) {
    const { id } = data;
    try {
        const bytes = data.kind === "take" ? await take(data) : ask(data);
        postMessage({ id, bytes }, [bytes.buffer]);
    } catch (error) {
        if (error instanceof WebAssembly.RuntimeError || error instanceof RangeError) {
            failure ??= error.message;
        }
        postMessage({ id, error: failure === null ? String(error?.message ?? error) : ended() });
    }
}

async function take({ number, actor, reductions, image, places }) {
    const bindings = await import("./analyst.js");
    await bindings.default();
    analyst = new bindings.Analyst(number, actor, reductions, new Uint8Array(image), new Uint8Array(places));
    return analyst.summary();
}

function ask({ name }) {
    if (failure !== null) {
        throw new Error(ended());
    }
    if (analyst === null) {
        throw new Error("there is no snapshot");
    }
    return analyst.object(name);
}

function ended() {
    return `the analysis of the heap has failed (${failure}); take another snapshot`;
}
