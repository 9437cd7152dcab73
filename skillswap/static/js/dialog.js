// One <dialog id="dialog"> in the frame. A link with hx-target="#dialog" fills it, this opens it.
// The answer's header HX-Trigger: close-dialog closes it. Esc is the browser's own.

const dialog = () => document.getElementById("dialog");

document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
  const box = dialog();
  if (box && ctx.target === box && !box.open && box.firstElementChild) box.showModal();
});

document.addEventListener("close-dialog", () => dialog()?.close());

document.addEventListener("click", (event) => {
  const box = dialog();
  const away = event.target === box || event.target.closest("#dialog [data-close-dialog]");
  if (box?.open && away) box.close();
});
