// The worker of a wasm module beside the engine: calls the module's functions as the page asks, one after the other.
//
// 1. From the page: {id, call, values}, an exported function of the module and what it is given. Every message has one answer:
//    {id, bytes}, or {id, error} with what is wrong, or {id, error, ended: true} where the module has ended.
// 2. After a trap this worker runs no wasm again: every later question is answered with what ended it. So it is if the module
//    cannot be loaded.

/** What ended the module. */
let failure = null;
/** The module's last words: called by it before it ends. */
self.reportFailure = (reason) => {
    failure = reason;
};
/** The module's functions, once they are wanted. */
let module = null;
/** Answers are given in the order of questions. */
let last = Promise.resolve();

self.onmessage = ({ data }) => {
    last = last.then(() => answer(data));
};

async function answer({ id, call, values }) {
    try {
        module ??= load();
        const functions = await module;
        if (failure !== null) {
            throw new Error(failure);
        }
        const bytes = functions[call](...values);
        postMessage({ id, bytes }, [bytes.buffer]);
    } catch (error) {
        if (error instanceof WebAssembly.RuntimeError || error instanceof RangeError) {
            failure ??= error.message;
        }
        postMessage({ id, error: failure ?? String(error?.message ?? error), ended: failure !== null });
    }
}

async function load() {
    try {
        const bindings = await import("./module.js");
        await bindings.default();
        return bindings;
    } catch (error) {
        failure ??= String(error?.message ?? error);
        throw error;
    }
}
