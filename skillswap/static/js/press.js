// A press turns at once, with its number or word; the answer replaces it, trouble puts it back.
const under = new WeakMap(); // form -> its request under way

function turn(form) {
  const button = form.querySelector("button");
  const on = button.getAttribute("aria-pressed") === "false";
  if (button.hasAttribute("aria-pressed")) button.setAttribute("aria-pressed", on);
  const number = button.querySelector("[data-number]");
  if (number) number.textContent = Number(number.textContent) + (on ? 1 : -1);
  const word = button.querySelector("[data-other]");
  if (word) [word.textContent, word.dataset.other] = [word.dataset.other, word.textContent];
}

document.addEventListener("htmx:before:request", (event) => {
  const { ctx } = event.detail;
  if (!ctx.sourceElement?.matches?.("form[data-turns]")) return;
  if (under.has(ctx.sourceElement)) return event.preventDefault(); // pressed twice
  under.set(ctx.sourceElement, ctx);
  turn(ctx.sourceElement);
});
document.addEventListener("htmx:finally:request", ({ detail: { ctx } }) => {
  if (under.get(ctx.sourceElement) !== ctx) return;
  under.delete(ctx.sourceElement);
  if (!(ctx.response?.status < 400)) turn(ctx.sourceElement);
});
