// On the sign-up form: choose the zone of this device, unless somebody has chosen already.
// <select data-guess-zone="UTC">: the value is what stands there before anybody chose.

function guess() {
  const select = document.querySelector("select[data-guess-zone]");
  if (!select || (select.value && select.value !== select.dataset.guessZone)) return;
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const known = [...select.options].find(({ value, dataset }) => [value, dataset.former].includes(zone));
  if (known) known.selected = true; // browsers keep some former names
}

guess();
document.addEventListener("htmx:after:swap", guess);
