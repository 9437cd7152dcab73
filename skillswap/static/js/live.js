// The live socket: it says what the page has, and shows what has changed meanwhile.
// Messages and counts arrive as HTML and are swapped by htmx; this is about the rest.

const LOST_MS = 2000;
const TYPING_MS = 3000;
const TYPED_MS = 6000;
const TRIES = 3;
const FIELD = "input:not([type=hidden]), select, textarea";

let socket = null;
let opened = false; // once on this page: the next time something was missed
let tries = 0;
let told = ""; // the path the server knows
let lost = 0;
let leaving = false;

export function say(frame) {
  if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(frame));
}

// ---- what the page has: the last line of each thread up to which none is missing ----

function lastOf(thread) {
  let seq = Number(thread.dataset.seq); // places have no gaps
  while (document.getElementById(`m-${seq + 1}`)) seq += 1;
  return seq;
}

function had() {
  const threads = document.querySelectorAll("[data-conversation]");
  return Object.fromEntries([...threads].map((thread) => [thread.dataset.conversation, lastOf(thread)]));
}

function tellWhere() {
  if (told === location.pathname) return;
  told = location.pathname;
  say({ here: told, after: had() });
}

document.addEventListener("htmx:ws:after:connection", ({ detail }) => {
  socket = detail.connection.socket;
  told = location.pathname;
  say({ here: told, after: had(), again: opened });
  if (opened) document.querySelectorAll("[data-live]:not([data-conversation])").forEach(refresh);
  opened = true;
  tries = 0;
  clearTimeout(lost);
  document.querySelectorAll("[data-lost]").forEach((strip) => strip.remove());
});

// ---- when it is gone ----

function strip(name, before) {
  const made = document.getElementById(name).content.firstElementChild.cloneNode(true);
  before(made);
  return made;
}

function showLost() {
  const head = document.querySelector(".thread-head");
  if (head && !document.querySelector("[data-lost]")) strip("lost-template", (made) => head.after(made));
}

function signedOut() {
  if (leaving) return;
  const here = encodeURIComponent(location.pathname + location.search);
  location.assign(`${document.getElementById("live-socket").dataset.ended}&next=${here}`);
}

document.addEventListener("htmx:ws:close", async ({ detail }) => {
  if (detail.reason !== "closed" || document.hidden) return;
  clearTimeout(lost);
  if (detail.code === 4401) return signedOut();
  if (detail.code === 1008) return; // another page has taken its place: this one works without
  lost = setTimeout(showLost, opened && !tries ? LOST_MS : 0);
  tries += 1;
  if (tries !== TRIES) return;
  // a browser does not say why it was not let in
  const answer = await fetch("/notifications", { method: "HEAD", redirect: "manual" }).catch(() => null);
  if (answer?.type === "opaqueredirect") signedOut();
});

document.addEventListener("submit", ({ target }) => {
  if (target.getAttribute("action") === "/logout") leaving = true;
});

// ---- what has changed: its part of the page is fetched again, unless somebody writes in it ----

let busy = 0;
const waiting = new Set();

function isWrittenIn(part) {
  return [...part.querySelectorAll(FIELD)].some((field) => {
    if (field === document.activeElement) return true;
    if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
    if (!field.options) return field.value !== field.defaultValue;
    return field.selectedIndex !== Math.max(0, [...field.options].findIndex((one) => one.defaultSelected));
  });
}

function fetchAgain(part) {
  const select = `#${CSS.escape(part.id)}`;
  const headers = { "HX-Request-Type": "full" };
  htmx.ajax("GET", location.pathname + location.search, { source: part, target: part, swap: "outerHTML", select, headers });
}

function refresh(part) {
  if (!part.isConnected) return;
  if (busy) waiting.add(part);
  else if (!isWrittenIn(part)) fetchAgain(part);
  else if (!part.offered?.isConnected) {
    part.offered = strip("changed-template", (made) => part.before(made));
    part.offered.about = part;
  }
}

document.addEventListener("click", ({ target }) => {
  const offer = target.closest("[data-show]")?.parentElement;
  if (offer) fetchAgain(offer.about);
});

document.addEventListener("htmx:before:request", () => (busy += 1));
document.addEventListener("htmx:finally:request", () => {
  busy = Math.max(0, busy - 1);
  if (busy) return;
  const parts = [...waiting]; // those that an answer has replaced are as new as it gets
  waiting.clear();
  parts.forEach(refresh);
});

document.addEventListener("htmx:after:swap", () => {
  tellWhere();
  document.querySelectorAll("[data-changed]").forEach((offer) => offer.about?.isConnected || offer.remove());
});
document.addEventListener("htmx:after:history:update", tellWhere);

// ---- what arrives ----

let typed = 0;

document.addEventListener("htmx:ws:after:message:incoming", ({ detail: { message } }) => {
  if (!message.data.startsWith("{")) {
    clearTimeout(typed);
    typed = setTimeout(() => document.querySelectorAll("[data-typing]").forEach((line) => line.replaceChildren()), TYPED_MS);
    return;
  }
  const facts = JSON.parse(message.data);
  if (facts.again) say({ after: had(), again: true });
  if (facts.changed) document.querySelectorAll(`[data-live~="${CSS.escape(facts.changed)}"]`).forEach(refresh);
});

// ---- that one is writing ----

let writing = 0;

document.addEventListener("input", ({ target }) => {
  const thread = target.closest(".composer") && target.closest("[data-conversation]");
  if (!thread || Date.now() - writing < TYPING_MS) return;
  writing = Date.now();
  say({ typing: thread.dataset.conversation });
});
