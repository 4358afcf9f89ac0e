// The scanner's service worker, served as /sw.js with BUILD and FILES in front. It makes the door's own pages open without
// a network, and touches nothing else: no API, no ticket, no public page.
//   pages   first the network, for two and a half seconds, then what is kept
//   files   of this very build: what is kept, then the network
// A new version waits until the scanner asks for it, which it does only while nothing is unsent.
const CACHE = `door-${BUILD}`;
const PATIENCE = 2500;
const PAGE = /^\/[a-z]{2}\/door\/(test)?$|^\/[a-z]{2}\/door\/manifest\.webmanifest$|^\/door\/lines\.json$/;
const known = new Set(FILES);

// The pages that a former version kept, in the languages that this phone uses.
const pagesBefore = async () => {
  const found = new Set();
  for (const name of await caches.keys())
    if (name.startsWith("door-") && name !== CACHE)
      for (const request of await (await caches.open(name)).keys()) if (PAGE.test(new URL(request.url).pathname)) found.add(new URL(request.url).pathname);
  return [...found];
};

// An answer may be kept when it is whole, ours, and made for the files of this build.
const fits = async (response) => {
  if (!response.ok || response.redirected || response.type !== "basic" || /no-store|private/.test(response.headers.get("Cache-Control") ?? "")) return false;
  return !(response.headers.get("Content-Type") ?? "").startsWith("text/html") || (await response.clone().text()).includes(`/static/${BUILD}/`);
};

const keep = async (path) => {
  const response = await fetch(path, { cache: "no-cache", credentials: "omit" });
  if (await fits(response)) await (await caches.open(CACHE)).put(path, response);
};

const install = async () => {
  await (await caches.open(CACHE)).addAll(FILES);
  await Promise.allSettled([...(await pagesBefore()), "/door/lines.json"].map(keep));
};

const activate = async () => {
  for (const name of await caches.keys()) if (name.startsWith("door-") && name !== CACHE) await caches.delete(name);
  await self.clients.claim();
};

const fromNetwork = async (request, path) => {
  const response = await fetch(request);
  if (await fits(response)) await (await caches.open(CACHE)).put(path, response.clone());
  return response;
};

const page = async (event, path) => {
  const fresh = fromNetwork(event.request, path);
  event.waitUntil(fresh.catch(() => {}));
  const stored = await (await caches.open(CACHE)).match(path, { ignoreVary: true });
  if (!stored) return fresh;
  const late = new Promise((done) => setTimeout(done, PATIENCE, stored));
  return Promise.race([fresh, late]).then((response) => (response.status >= 500 ? stored : response), () => stored);
};

const file = async (request, address) => (await (await caches.open(CACHE)).match(address, { ignoreVary: true })) ?? fetch(request);

self.addEventListener("install", (event) => event.waitUntil(install()));
self.addEventListener("activate", (event) => event.waitUntil(activate()));

self.addEventListener("message", (event) => {
  if (event.data === "skip") self.skipWaiting();
  else event.waitUntil(self.clients.claim()); // a page that was on its way while this version took over is nobody's
  const wanted = (event.data?.keep ?? []).filter((path) => PAGE.test(path));
  if (wanted.length) event.waitUntil(Promise.allSettled(wanted.map(keep)));
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin) return;
  const address = url.pathname + url.search;
  if (known.has(address)) event.respondWith(file(request, address));
  else if (PAGE.test(url.pathname)) event.respondWith(page(event, url.pathname));
});
