// The service worker, served at /sw.js: shows a push and opens its page. It keeps no pages.

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

function read(data) {
  try {
    return data?.json() ?? {};
  } catch {
    return {};
  }
}

self.addEventListener("push", (event) => {
  const { title = "SkillSwap", body = "", url = "/notifications", tag = "" } = read(event.data);
  // the tag: a message that comes twice is shown once
  event.waitUntil(self.registration.showNotification(title, { body, tag, data: { url } }));
});

async function open(url) {
  const { pathname, search } = new URL(url, self.location.origin);
  const target = new URL(pathname + search, self.location.origin).href; // always a page of ours
  const windows = await self.clients.matchAll({ type: "window" });
  const there = windows.find((one) => one.url.split("#")[0] === target);
  return there ? there.focus() : self.clients.openWindow(target);
}

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(open(event.notification.data?.url ?? "/notifications"));
});
