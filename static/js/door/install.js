// The service worker of the door's pages: put in place, told which pages this phone uses, replaced when somebody agrees.
// Needs https or localhost; without it everything works, only not after the page was closed without a network.
const PAGES = (lang) => [`/${lang}/door/`, `/${lang}/door/test`, `/${lang}/door/manifest.webmanifest`, "/door/lines.json"];
const HOURLY = 3_600_000;

export const possible = () => window.isSecureContext && "serviceWorker" in navigator;

export class Installation {
  #registration = null;
  #agreed = false;
  #changed;

  // `changed()` is called when a new version has come and waits.
  constructor(changed) {
    this.#changed = changed;
  }

  // Whether a new version waits for this one to make room.
  get waits() {
    return Boolean(this.#registration?.waiting && navigator.serviceWorker.controller);
  }

  async start(lang) {
    if (!possible()) return;
    try {
      this.#registration = await navigator.serviceWorker.register("/sw.js", { scope: "/", updateViaCache: "none" });
    } catch {
      return; // a browser that refuses, or no network at the very first visit
    }
    navigator.serviceWorker.addEventListener("controllerchange", () => this.#agreed && location.reload());
    this.#registration.addEventListener("updatefound", () => this.#watch(this.#registration.installing));
    this.#watch(this.#registration.installing);
    this.#changed();
    setInterval(() => this.#registration.update().catch(() => {}), HOURLY);
    (await navigator.serviceWorker.ready).active.postMessage({ keep: PAGES(lang) });
  }

  // The waiting version takes over, and the page with it.
  replace() {
    this.#agreed = true;
    this.#registration.waiting.postMessage("skip");
  }

  #watch(worker) {
    worker?.addEventListener("statechange", () => worker.state === "installed" && this.#changed());
  }
}

// Whether this page would open without a network.
export const opensOffline = async (lang) => {
  if (!possible() || !navigator.serviceWorker.controller) return false;
  const found = await Promise.all(PAGES(lang).map((path) => caches.match(path, { ignoreVary: true })));
  return found.every(Boolean);
};
