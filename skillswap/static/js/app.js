// What the frame does beyond HTML: focus after a swap, toasts, keys, character counts.
// Every page works without it.

const main = () => document.getElementById("main");
const region = () => document.getElementById("toasts");

// ---- toasts: 6 seconds, kept while used, three at most ----

const SHOWN_MS = 6000;
const MOST = 3;

function dismissLater(toast) {
  const inUse = toast.matches(":hover, :focus-within") || document.hidden;
  if (inUse) setTimeout(dismissLater, SHOWN_MS / 2, toast);
  else toast.remove();
}

function attend() {
  const toasts = [...(region()?.querySelectorAll(".toast") ?? [])];
  toasts.slice(0, -MOST).forEach((toast) => toast.remove());
  for (const toast of toasts) {
    if (toast.dataset.attended) continue;
    toast.dataset.attended = "yes";
    toast.querySelector("[data-close]")?.removeAttribute("hidden");
    const offers = toast.querySelector("a, button:not([data-close])");
    if (!offers && !toast.hasAttribute("data-stay")) setTimeout(dismissLater, SHOWN_MS, toast);
  }
}

function say(text) {
  const made = document.getElementById("toast-template")?.content.cloneNode(true);
  if (!made || !text) return;
  made.querySelector(".grow").textContent = text;
  region().append(made);
  attend();
}

// A live region speaks only of what arrives: let the page's own notices arrive.
function announce() {
  const box = region();
  if (box?.firstElementChild) setTimeout(() => box.append(...box.children), 150);
}

document.addEventListener("click", (event) => {
  event.target.closest("[data-close]")?.closest(".toast")?.remove();
});

// ---- focus after a swap ----

function focusOn(element) {
  if (!element) return false;
  if (!element.matches("a, button, input, select, textarea, [tabindex]")) element.tabIndex = -1;
  element.focus({ preventScroll: true });
  return true;
}

function focusInvalid(root) {
  const wrong = root?.querySelector('[aria-invalid="true"]');
  const control = wrong?.matches("fieldset") ? wrong.querySelector("input") : wrong;
  control?.focus();
  return Boolean(control);
}

let beforeMore = null; // the last row before "Show more", when it was pressed and not scrolled to

let going = null; // the page on its way

document.addEventListener("htmx:before:request", ({ detail: { ctx } }) => {
  if (ctx.target !== document.body) return;
  going?.request?.abort?.(); // the last link pressed wins, as it does without scripts
  going = ctx;
});

document.addEventListener("htmx:before:swap", (event) => {
  const { ctx } = event.detail;
  const more = ctx.sourceElement?.closest?.(".more");
  beforeMore = more?.contains(document.activeElement) ? more.previousElementSibling : null;
  // A broken answer is a whole page: it must not land in a small place.
  if (ctx.response?.status >= 500 && !ctx.hx?.retarget && ctx.target !== document.body) {
    event.preventDefault();
    say(region()?.dataset.failed);
  }
});

document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
  const whole = ctx.target === document.body;
  if (whole) announce();
  if (ctx.response?.status === 422) {
    focusInvalid(ctx.target?.isConnected ? ctx.target : main());
  } else if (whole && !main()?.querySelector("[autofocus]")) {
    focusOn(main()?.querySelector("h1") ?? main());
  } else if (beforeMore?.isConnected) {
    const first = beforeMore.nextElementSibling;
    focusOn(first?.querySelector("a, button") ?? first);
  }
  beforeMore = null;
  attend();
  count();
  offerKeys();
});

document.addEventListener("htmx:error", ({ detail: { ctx } }) => {
  if (ctx && !ctx.response) say(region()?.dataset.offline);
});

// ---- keys: they rest while a field has focus, and can be switched off on the help page ----

const KEYS_OFF = "skillswap-single-keys-off";
const GO_MS = 1200;
let goUntil = 0;

function keysOff() {
  try {
    return localStorage.getItem(KEYS_OFF) === "yes";
  } catch {
    return false;
  }
}

function offerKeys() {
  const box = document.querySelector("[data-single-keys]");
  if (!box) return;
  box.hidden = false;
  box.querySelector("input").checked = !keysOff();
}

document.addEventListener("change", (event) => {
  if (!event.target.closest("[data-single-keys]")) return;
  try {
    if (event.target.checked) localStorage.removeItem(KEYS_OFF);
    else localStorage.setItem(KEYS_OFF, "yes");
  } catch {
    event.target.checked = true; // this browser keeps nothing: say so by not moving
  }
});

const typing = (element) =>
  element.isContentEditable || element.matches("input, select, textarea") || element.closest("dialog[open]");

function search() {
  const fields = document.querySelectorAll('main input[type="search"], .topbar input[type="search"]');
  return [...fields].find((field) => field.checkVisibility());
}

document.addEventListener("keydown", (event) => {
  const { key, target, repeat } = event;
  if (key === "Enter" && (event.ctrlKey || event.metaKey) && target.matches("textarea")) {
    const form = target.form;
    const button =
      form?.querySelector("button.btn--primary:not([type=button])") ?? form?.querySelector("button:not([type=button])");
    if (!form || !button) return;
    event.preventDefault();
    form.requestSubmit(button);
    return;
  }
  if (repeat || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (typing(target) || keysOff()) return;
  const going = Date.now() < goUntil;
  goUntil = 0;
  if (going) {
    document.querySelector(`[data-go="${CSS.escape(key)}"]`)?.click();
  } else if (key === "g") {
    goUntil = Date.now() + GO_MS;
  } else if (key === "/" && search()) {
    event.preventDefault();
    search().focus();
    search().select();
  } else if (key === "?") {
    document.querySelector("[data-go='?']")?.click();
  } else if (key === "n") {
    event.preventDefault(); // or the letter would be typed
    document.getElementById("post-body")?.focus();
  } else if (key === "j" || key === "k") {
    const posts = [...document.querySelectorAll(".post")];
    const at = posts.indexOf(document.activeElement.closest(".post")) + (key === "j" ? 1 : -1);
    if (focusOn(posts[at])) posts[at].scrollIntoView({ block: "start" });
  }
});

// ---- character counts: <textarea data-count maxlength> and its <p id="…-count" hidden> ----

function count(field) {
  for (const area of field ? [field] : document.querySelectorAll("textarea[data-count]")) {
    const line = document.getElementById(`${area.id}-count`);
    if (!line) continue;
    line.hidden = false;
    const most = area.maxLength > 0 ? ` / ${area.maxLength.toLocaleString("en-GB")}` : "";
    line.textContent = area.value.length.toLocaleString("en-GB") + most;
  }
}

document.addEventListener("input", (event) => {
  if (event.target.matches("textarea[data-count]")) count(event.target);
});

announce();
attend();
count();
offerKeys();
