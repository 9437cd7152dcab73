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
  if (opened) refreshAll();
  opened = true;
  tries = 0;
  clearTimeout(lost);
  document.querySelectorAll("[data-lost]").forEach((strip) => strip.remove());
});

// ---- when it is gone ----

const copyOf = (name) => document.getElementById(name).content.firstElementChild.cloneNode(true);

function showLost() {
  const head = document.querySelector(".thread-head");
  if (head && !document.querySelector("[data-lost]")) head.after(copyOf("lost-template"));
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
  const { again } = part.dataset; // of a card: an answer that puts all about its thing in their places
  if (again) return htmx.ajax("GET", again, { source: part, target: part, swap: "none" });
  const select = `#${CSS.escape(part.id)}`;
  const headers = { "HX-Request-Type": "full" };
  htmx.ajax("GET", location.pathname + location.search, { source: part, target: part, swap: "outerHTML", select, headers });
}

function refresh(part) {
  if (!part.isConnected) return;
  if (busy) waiting.add(part);
  else if (!isWrittenIn(part)) fetchAgain(part);
  else if (!offered.get(part)?.isConnected) offer(part);
}

function refreshAll() {
  document.querySelectorAll("[data-live]:not([data-conversation])").forEach(refresh);
}

const offered = new Map(); // part -> the toast that offers to show it

function offer(part) {
  const toast = copyOf("changed-template");
  toast.querySelector("[data-close]").hidden = false;
  document.getElementById("toasts").append(toast);
  offered.set(part, toast);
}

document.addEventListener("click", ({ target }) => {
  const toast = target.closest("[data-show]")?.closest(".toast");
  for (const [part, made] of offered) if (made === toast) fetchAgain(part);
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
  for (const [part, toast] of offered) {
    if (part.isConnected) continue; // or something newer has taken its place
    toast.remove();
    offered.delete(part);
  }
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
  if (facts.again) {
    say({ after: had(), again: true });
    refreshAll();
  }
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
