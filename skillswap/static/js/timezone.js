// On the sign-up form: choose the zone of this device, unless somebody has chosen already.
// <select data-guess-zone="UTC">: the value is what stands there before anybody chose.

// Browsers keep some old names; the list on the page has the new ones.
const RENAMED = {
  "Africa/Asmera": "Africa/Asmara",
  "America/Buenos_Aires": "America/Argentina/Buenos_Aires",
  "America/Catamarca": "America/Argentina/Catamarca",
  "America/Coral_Harbour": "America/Atikokan",
  "America/Cordoba": "America/Argentina/Cordoba",
  "America/Godthab": "America/Nuuk",
  "America/Indianapolis": "America/Indiana/Indianapolis",
  "America/Jujuy": "America/Argentina/Jujuy",
  "America/Louisville": "America/Kentucky/Louisville",
  "America/Mendoza": "America/Argentina/Mendoza",
  "Asia/Calcutta": "Asia/Kolkata",
  "Asia/Katmandu": "Asia/Kathmandu",
  "Asia/Rangoon": "Asia/Yangon",
  "Asia/Saigon": "Asia/Ho_Chi_Minh",
  "Atlantic/Faeroe": "Atlantic/Faroe",
  "Europe/Kiev": "Europe/Kyiv",
  "Pacific/Enderbury": "Pacific/Kanton",
  "Pacific/Ponape": "Pacific/Pohnpei",
  "Pacific/Truk": "Pacific/Chuuk",
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
