// On the sign-up form: choose the zone of this device, unless somebody has chosen already.
// <select data-guess-zone="UTC">: the value is what stands there before anybody chose.

// Browsers keep some old names; the list on the page has the new ones.
const RENAMED = {
  "Asia/Calcutta": "Asia/Kolkata",
  "Asia/Katmandu": "Asia/Kathmandu",
  "Asia/Rangoon": "Asia/Yangon",
  "Asia/Saigon": "Asia/Ho_Chi_Minh",
  "America/Buenos_Aires": "America/Argentina/Buenos_Aires",
  "America/Godthab": "America/Nuuk",
  "Atlantic/Faeroe": "Atlantic/Faroe",
  "Europe/Kiev": "Europe/Kyiv",
};

function guess() {
  const select = document.querySelector("select[data-guess-zone]");
  if (!select || (select.value && select.value !== select.dataset.guessZone)) return;
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const there = [...select.options].map((option) => option.value);
  const known = [zone, RENAMED[zone]].find((name) => there.includes(name));
  if (known) select.value = known;
}

guess();
document.addEventListener("htmx:after:swap", guess);
