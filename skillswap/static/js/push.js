// Push on the settings page: says what this browser can do, asks it, and sends what it answers
// with the form that stands there.

const able = () => "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;

function show(failed) {
  const card = document.querySelector("[data-push]");
  if (!card) return;
  const denied = able() && Notification.permission === "denied";
  const state = !able() ? "unable" : denied ? "denied" : failed ? "failed" : "ready";
  for (const part of card.querySelectorAll("[data-push-when]")) {
    part.hidden = !part.dataset.pushWhen.split(" ").includes(state);
  }
}

async function subscribe(form) {
  if ((await Notification.requestPermission()) !== "granted") return false;
  await navigator.serviceWorker.register("/sw.js");
  const { pushManager } = await navigator.serviceWorker.ready;
  // an old one may be for another key, or another person who signed out here
  await (await pushManager.getSubscription())?.unsubscribe();
  const made = await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: form.dataset.key });
  const { endpoint, keys } = made.toJSON();
  for (const [name, value] of Object.entries({ endpoint, ...keys })) {
    if (form.elements[name]) form.elements[name].value = value;
  }
  return true;
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest?.("[data-push-ask]");
  if (!button) return;
  const { form } = button;
  button.disabled = true;
  try {
    if (await subscribe(form)) form.requestSubmit();
    show();
  } catch {
    show(true);
  } finally {
    button.disabled = false;
  }
});

async function forget() {
  const registration = await navigator.serviceWorker?.getRegistration();
  await (await registration?.pushManager?.getSubscription())?.unsubscribe();
}

document.addEventListener("submit", (event) => {
  if (event.target.matches("[data-push-off]")) forget().catch(() => {}); // the server forgets it anyway
});

show();
document.addEventListener("htmx:after:swap", () => show());
