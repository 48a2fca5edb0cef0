// First script of the page: offline use, and shared memory on hosts that do not send the headers for it.
//
// 1. A page that is isolated already is never reloaded; nor is one that asks for one thread (`?threads=0`), nor one
//    inside a frame, whose isolation is its host's business.
// 2. At most one reload: a mark in this tab's session storage is set before it and checked first. Without session
//    storage there is no reload.
// 3. Whatever fails here, the page works: without isolation it runs the single-thread engine.
(() => {
    const RELOADED = "physics-world: reloaded for isolation";

    const marked = () => {
        try {
            return sessionStorage.getItem(RELOADED) !== null;
        } catch {
            return true;
        }
    };
    const setMark = (on) => {
        try {
            if (on) {
                sessionStorage.setItem(RELOADED, "1");
            } else {
                sessionStorage.removeItem(RELOADED);
            }
            return true;
        } catch {
            return false;
        }
    };

    if (window.crossOriginIsolated) {
        setMark(false);
    }
    if (!("serviceWorker" in navigator) || !window.isSecureContext) {
        return;
    }
    const wanted = new URLSearchParams(location.search).get("threads") !== "0";
    const reload = !window.crossOriginIsolated && wanted && window.top === window && !marked();

    const register = () => navigator.serviceWorker.register("service-worker.js").catch(() => null);
    // A service worker may be ended while it fetches the site's files; every visit lets it go on where it was.
    const fill = () => navigator.serviceWorker.ready.then(({ active }) => active?.postMessage("fill"));
    if (!reload) {
        // Nothing waits for it: let the page load first.
        addEventListener("load", () => setTimeout(() => register().then(fill), 2000), { once: true });
        return;
    }
    const again = () => {
        if (!marked() && setMark(true)) {
            location.reload();
        }
    };
    if (navigator.serviceWorker.controller) {
        // Controlled and yet not isolated: a forced reload went past the service worker. Once more, through it.
        again();
        return;
    }
    navigator.serviceWorker.addEventListener("controllerchange", again, { once: true });
    register();
})();
