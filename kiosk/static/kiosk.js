// Comforts of the kiosk screens; everything works without them.
"use strict";

const body = document.body;
const home = body.dataset.home;

// A scanner types a priority card as a keyboard would: "XM1-…" and Enter. From
// its first letter on keys are the card's, until it is whole or falls silent.
let card = "";
let cardAt = 0;
const CARD_SILENCE_MS = 1000;
const CARD_MOST = 128;

function scanning(event) {
  if (Date.now() - cardAt > CARD_SILENCE_MS) card = "";
  if (!card && event.key.toUpperCase() !== "X") return false;
  event.preventDefault();
  cardAt = Date.now();
  if (event.key === "Enter") {
    if (/^XM1-/.test(card)) showCard(card);
    card = "";
  } else if (event.key.length === 1 && card.length < CARD_MOST) {
    card += event.key.toUpperCase();
  }
  return true;
}

function showCard(text) {
  const form = document.createElement("form");
  form.method = "post";
  form.action = "/kiosk/card";
  const fields = { text, to: location.pathname + location.search, lang: document.documentElement.lang };
  for (const name of Object.keys(fields)) {
    const input = document.createElement("input");
    input.type = "hidden";
    input.name = name;
    input.value = fields[name];
    form.append(input);
  }
  body.append(form);
  form.submit();
}

// Digit keys select tiles and buttons, Escape goes home.
addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.repeat) return;
  if (scanning(event)) return;
  if (event.key === "Escape") location.assign(home);
  if (!/^[0-9]$/.test(event.key)) return;
  const target = document.querySelector(`[data-digit="${event.key}"]:not([disabled])`);
  if (target) target.click();
});

// A second touch on the same screen changes nothing; the server holds to that
// too, by the touch key in the form.
for (const form of document.querySelectorAll("form[data-once]")) {
  form.addEventListener("submit", (event) => {
    if (body.classList.contains("sent")) {
      event.preventDefault();
      return;
    }
    body.classList.add("sent");
    if (event.submitter) event.submitter.classList.add("chosen");
  });
}
addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload(); // A page from the back list has a used touch key.
});

// Pages that wait for something look again by themselves.
if (body.dataset.refresh) {
  setTimeout(() => {
    if (body.dataset.refreshTo) location.replace(body.dataset.refreshTo);
    else location.reload();
  }, Number(body.dataset.refresh) * 1000);
}

// Screens of one citizen go home by themselves, with a warning and more time
// on request. A calm screen warns only in its last 20 seconds, and any touch
// starts its time anew.
const limit = Number(body.dataset.reset);
const calm = "calm" in body.dataset;
const warnFrom = calm ? 20 : limit;
let left = limit;
const bar = document.querySelector(".countdown");

function extend() {
  left = limit;
  show();
}

function show() {
  if (!bar) return;
  bar.hidden = left > warnFrom;
  bar.querySelector("[data-seconds]").textContent = String(left);
}

if (limit > 0) {
  show();
  setInterval(() => {
    left -= 1;
    if (left <= 0) location.replace(home);
    else show();
  }, 1000);
  bar.querySelector("[data-extend]").addEventListener("click", extend);
  if (calm) for (const kind of ["pointerdown", "keydown"]) addEventListener(kind, extend);
}

// An idle first screen draws attention, and now and then looks for news.
if (limit === 0 && document.querySelector(".choose")) {
  let idle = 0;
  setInterval(() => {
    idle += 1;
    body.classList.toggle("idle", idle >= 20);
    if (idle >= 60) location.replace("/kiosk");
  }, 1000);
  for (const kind of ["pointerdown", "keydown"]) addEventListener(kind, () => { idle = 0; });
}
