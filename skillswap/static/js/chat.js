// The composer and the marks of a thread. Without it: a form, a button, marks as of the last load.

const FINE = window.matchMedia("(pointer: fine)");

// Enter sends where there is a real keyboard; Shift and Enter is a new line, and on touch Enter is.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing || !FINE.matches) return;
  if (!event.target.matches?.(".composer textarea")) return;
  event.preventDefault();
  const form = event.target.form;
  if (event.target.value.trim() || form.querySelector("[type=file]").files.length) form.requestSubmit();
});

// My lines up to where the other has read get their second tick.
function markRead() {
  for (const to of document.querySelectorAll("[data-read]")) {
    const label = to.dataset.word;
    for (const line of to.closest(".thread").querySelectorAll("[data-mine]")) {
      if (Number(line.dataset.mine) > Number(to.dataset.read)) continue;
      const mark = line.querySelector("time .icon");
      const use = mark?.querySelector("use");
      const tick = use?.getAttribute("href");
      if (!tick?.endsWith("#check")) continue;
      use.setAttribute("href", `${tick}-check`);
      mark.setAttribute("aria-label", label);
    }
  }
}

// The name of a chosen file stands beside the button that chose it.
document.addEventListener("change", ({ target }) => {
  const name = target.matches(".composer [type=file]") && target.form.querySelector("[data-file]");
  if (name) name.textContent = target.files[0]?.name ?? "";
});

let sent = null;

document.addEventListener("submit", ({ target }) => {
  if (target.matches(".composer")) sent = target;
});

function writeOn() {
  markRead();
  if (!sent || sent.isConnected) return;
  sent = null; // an emptied composer stands in its place
  document.querySelector(".composer textarea")?.focus({ preventScroll: true });
}

document.addEventListener("htmx:after:swap", writeOn);
document.addEventListener("htmx:finally:request", writeOn); // what is swapped out tells nobody
