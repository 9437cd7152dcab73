// The composer and the marks of a thread. Without it: a form, a button, marks as of the last load.

const FINE = window.matchMedia("(pointer: fine)");

// Enter sends where there is a real keyboard; Shift and Enter is a new line, and on touch Enter is.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing || !FINE.matches) return;
  if (!event.target.matches?.(".composer textarea")) return;
  event.preventDefault();
  const form = event.target.form;
  if (flight) {
    event.target.value += "\n";
    const left = flight.form.isConnected ? "" : flight.form.querySelector("textarea").value;
    flight.upTo = (left + event.target.value).length; // some may stand in the form that is gone
  } else if (event.target.value.trim() || form.querySelector("[type=file]").files.length) {
    form.requestSubmit();
  }
});

// My lines up to where the other has read get their second tick.
function markRead() {
  for (const to of document.querySelectorAll("[data-read]")) {
    for (const line of to.closest(".thread").querySelectorAll("[data-mine]")) {
      if (Number(line.dataset.mine) > Number(to.dataset.read)) continue;
      const use = line.querySelector('time .icon use[href$="#check"]');
      if (!use) continue;
      use.setAttribute("href", `${use.getAttribute("href")}-check`);
      use.parentElement.setAttribute("aria-label", to.dataset.word);
    }
  }
}

// The name of a chosen file stands beside the button that chose it.
document.addEventListener("change", ({ target }) => {
  const name = target.matches(".composer [type=file]") && target.form.querySelector("[data-file]");
  if (name) name.textContent = target.files[0]?.name ?? "";
});

// What is written while a message is on its way stays, and is sent after it if Enter was pressed.
let flight = null;
let later = ""; // behind the last Enter

document.addEventListener("htmx:before:request", ({ detail: { ctx } }) => {
  const form = ctx.sourceElement;
  if (flight || !form?.matches?.(".composer")) return;
  const field = form.querySelector("textarea");
  flight = { form, text: field.value, upTo: 0 };
  field.value = later;
  later = "";
});

function land() {
  const { form, text, upTo } = flight;
  const kept = form.isConnected;
  const field = document.querySelector(".composer textarea");
  flight = null;
  if (!field) return;
  const refused = kept || field.matches("[aria-invalid]"); // it was not taken: its words come back
  const before = kept ? text : field.value; // what is in the new form already was typed last
  const typed = form.querySelector("textarea").value + (refused ? "" : before);
  const next = refused ? "" : typed.slice(0, upTo);
  field.value = next.trim() ? next : [refused ? before : "", typed].filter(Boolean).join("\n");
  if (!kept) field.focus({ preventScroll: true });
  if (!next.trim()) return;
  later = typed.slice(upTo);
  setTimeout(() => {
    if (flight) return; // sent by Enter in this very moment
    later += field.value.slice(next.length);
    field.value = next;
    field.form.requestSubmit();
  });
}

function writeOn({ type, detail: { ctx } }) {
  markRead();
  // what is swapped out tells nobody: its landing is seen by the next event of anything else
  const over = type === "htmx:finally:request" && ctx.sourceElement === flight?.form;
  // a form that htmx does not know yet would leave the page: its turn comes when htmx does
  if (document.querySelector(".composer:not([data-htmx-powered])")) return;
  if (flight && (over || !flight.form.isConnected)) land();
}

const HEARD = ["after:swap", "finally:request", "after:process"];
for (const it of HEARD) document.addEventListener(`htmx:${it}`, writeOn);
