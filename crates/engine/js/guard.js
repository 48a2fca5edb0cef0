// Runs one core loop and reports a trap. Only JavaScript sees a trap: it ends wasm without running any of its code.
//
// 1. Imported by the engine's glue (as a snippet), which it imports back: both are one module instance a worker.
// 2. The report goes to the host worker by a channel of this engine; the engine's own memory is not trusted any more.
// 3. After a trap this worker runs no wasm again: it stands still until the engine's workers are ended.
import { runCore } from "../../../engine.js";

export function guard(engine, core) {
    try {
        runCore(core);
    } catch (error) {
        const channel = new BroadcastChannel(`physics-world-engine-${engine}`);
        channel.postMessage(`core ${core}: ${error instanceof Error ? error.message : String(error)}`);
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
    }
}
