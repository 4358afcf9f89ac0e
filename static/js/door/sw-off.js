// Served as /sw.js while SERVICE_WORKER=off: takes the scanner's service worker and everything it kept off every phone
// that comes by. What the scanner itself keeps (IndexedDB) is not touched.
self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) =>
  event.waitUntil(
    (async () => {
      for (const name of await caches.keys()) if (name.startsWith("door-")) await caches.delete(name);
      await self.registration.unregister();
    })(),
  ),
);
