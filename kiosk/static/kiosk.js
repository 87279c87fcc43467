// Comforts of the kiosk screens; everything works without them. Written for
// the browsers of old machines: ECMAScript 2015, no modules.
"use strict";

const body = document.body;
const home = body.dataset.home;
const lang = document.documentElement.lang;
const voice = body.classList.contains("voice");
const all = (selector, from) => Array.from((from || document).querySelectorAll(selector));

// post sends a form that stands on no page.
function post(action, fields) {
  const form = document.createElement("form");
  form.method = "post";
  form.action = action;
  for (const name of Object.keys(fields)) {
    const input = document.createElement("input");
    input.type = "hidden";
    input.name = name;
    input.value = fields[name];
    form.appendChild(input);
  }
  body.appendChild(form);
  form.submit();
}

// Sound: one thing at a time, the latest first. What cannot be heard is passed
// over.
let playing = null;
let waiting = [];

function play(addresses) {
  hush();
  waiting = addresses.filter(Boolean);
  playNext();
}

function playNext() {
  if (!waiting.length) return;
  const sound = new Audio(waiting.shift());
  playing = sound;
  const next = () => { if (playing === sound) playNext(); };
  sound.addEventListener("ended", next);
  sound.addEventListener("error", next);
  const started = sound.play();
  if (started && started.catch) started.catch(() => {});
  body.dataset.said = String(Number(body.dataset.said || 0) + 1);
}

function hush() {
  waiting = [];
  if (playing) playing.pause();
  playing = null;
}

// By ear: the page is read out, a first touch on a thing says it, a second one
// does it. With keys it is the same.
let armed = null;

function arm(target) {
  if (armed) armed.classList.remove("armed");
  armed = target;
  if (!target) return;
  target.classList.add("armed");
  play([target.dataset.say]);
}

// choose does what a touch or key on a thing does.
function choose(target) {
  if (voice && target.dataset.say && armed !== target) {
    arm(target);
    target.focus();
    return;
  }
  target.click();
}

if (voice) {
  let touching = false; // A touch moves the focus before it clicks.
  document.addEventListener("pointerdown", () => { touching = true; }, true);
  document.addEventListener("click", (event) => {
    touching = false;
    const target = event.target.closest("[data-say]");
    if (!target || target === armed || event.detail === 0) return;
    event.preventDefault();
    event.stopPropagation();
    if (/^(A|BUTTON)$/.test(target.tagName)) arm(target);
    else play([target.dataset.say]);
  }, true);
  document.addEventListener("focusin", (event) => {
    const target = event.target;
    if (touching) return;
    if (target.dataset && target.dataset.say && target !== armed) arm(target);
  });
  const first = all("h1[data-say], .say[data-say]").map((e) => e.dataset.say);
  const things = all(".tile[data-say], .take[data-say]").map((e) => e.dataset.say);
  if (body.dataset.speak) play([body.dataset.speak]);
  else play(first.concat(body.dataset.sayEnd, things, body.dataset.sayAgain));
} else if (body.dataset.speak) {
  play([body.dataset.speak]);
}

// Who plugs in earphones wants to listen: the screen reads aloud from then on.
if (!voice && navigator.mediaDevices && navigator.mediaDevices.enumerateDevices) {
  const outputs = () => navigator.mediaDevices.enumerateDevices().then((found) => found.filter((d) => d.kind === "audiooutput").length);
  outputs().then((before) => {
    navigator.mediaDevices.addEventListener("devicechange", () => {
      outputs().then((now) => {
        const link = document.querySelector(".tool-voice");
        if (now > before && link) link.click();
        before = now;
      });
    });
  }).catch(() => {});
}

// A scanner types as a keyboard does, but faster than anybody: keys that come
// within 60 ms of each other and end with Enter are a code. Digits wait that
// long before they choose anything.
const SCAN_GAP_MS = 60;
const SCAN_LEAST = 8;
const SCAN_MOST = 2048;
let scan = "";
let scanAt = 0;
let digitTimer = 0;

// scanned collects keys and reports whether one belongs to a code.
function scanned(event) {
  if (event.timeStamp - scanAt > SCAN_GAP_MS) scan = "";
  scanAt = event.timeStamp;
  if (event.key === "Enter") {
    const text = scan;
    scan = "";
    if (text.length < SCAN_LEAST) return false;
    event.preventDefault();
    clearTimeout(digitTimer);
    clearTimeout(startTimer); // A code that begins with letters is no search.
    started = "";
    if (event.target.matches("input")) event.target.value = "";
    post("/kiosk/card", { text: text, to: location.pathname + location.search, lang: lang });
    return true;
  }
  if (event.key.length !== 1) return false;
  if (scan.length < SCAN_MOST) scan += event.key;
  if (scan.length > 1) clearTimeout(digitTimer);
  return scan.length > 2;
}

const keys = { "*": ".language", Escape: "[data-escape]" };

addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.repeat) return;
  if (scanned(event)) return;
  const typing = event.target.matches("input[type=text]");
  if (event.key === "Escape") {
    location.assign(home);
    return;
  }
  if (typing) return;
  const one = /^[0-9]$/.test(event.key) ? `[data-digit="${event.key}"]:not([disabled])`
    : keys[event.key] || (/^[-+.\/]$/.test(event.key) ? `[data-key="${event.key}"]` : "");
  const target = one && document.querySelector(one);
  if (target) {
    event.preventDefault();
    clearTimeout(digitTimer);
    digitTimer = setTimeout(() => choose(target), SCAN_GAP_MS + 20);
    return;
  }
  if (!/^[a-zđ]$/i.test(event.key)) return;
  if (live) live.focus(); // The key then types into the field.
  else startSearch(event.key);
});

// Letters on the first screen begin a search. A slow machine still shows the
// first screen when the next letters come: they join those before.
let started = "";
let startTimer = 0;

function startSearch(letter) {
  const door = document.querySelector(".door.search");
  if (!door) return;
  started += letter;
  clearTimeout(startTimer);
  startTimer = setTimeout(() => {
    if (scan.length <= SCAN_LEAST) location.assign(door.href + "&q=" + encodeURIComponent(started));
    else started = "";
  }, 3 * SCAN_GAP_MS);
}

// A second touch on the same screen changes nothing; the server holds to that
// too, by the touch key in the form.
document.addEventListener("submit", (event) => {
  if (!("once" in event.target.dataset)) return;
  if (body.classList.contains("sent")) {
    event.preventDefault();
    return;
  }
  body.classList.add("sent");
  if (event.submitter) event.submitter.classList.add("chosen");
});
addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload(); // A page from the back list has a used touch key.
});

// The keyboard on the screen types into the field that was touched last.
const board = document.querySelector(".keyboard");
if (board) {
  let field = document.querySelector(".ask input[type=text]");
  board.hidden = false;
  for (const f of all(".ask input[type=text]")) f.addEventListener("focus", () => { field = f; });
  board.addEventListener("click", (event) => {
    const key = event.target.closest("button");
    if (!key) return;
    if ("char" in key.dataset) field.value += key.dataset.char;
    else if ("delete" in key.dataset) field.value = field.value.slice(0, -1);
    else field.value = "";
    field.dispatchEvent(new Event("input"));
    field.focus();
  });
}

// Results come while somebody types; only the latest answer counts.
const live = document.querySelector("[data-live]");
if (live) {
  const results = document.getElementById(live.dataset.live);
  let asked = 0;
  let timer = 0;
  const look = () => {
    asked += 1;
    const mine = asked;
    const request = new XMLHttpRequest();
    const query = new FormData(live.form);
    const pairs = ["part=results"];
    query.forEach((value, name) => pairs.push(`${name}=${encodeURIComponent(value)}`));
    request.open("GET", live.form.action + "?" + pairs.join("&"));
    request.onload = () => {
      if (mine === asked && request.status === 200) results.innerHTML = request.responseText;
    };
    request.send();
  };
  live.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(look, 80);
  });
  live.focus(); // A browser with much to do moves there only after the first keys.
  live.setSelectionRange(live.value.length, live.value.length);
  live.form.addEventListener("submit", (event) => {
    const only = results.querySelector(".tile:not([disabled])");
    if (!only) return;
    event.preventDefault(); // Enter goes to what was found.
    only.focus();
  });
}

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
  if (left === Math.min(warnFrom, 20) && bar.dataset.saySoon) play([bar.dataset.saySoon]);
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

// An idle first screen draws attention, and now and then looks for news. What
// invites lies over nothing: the first touch chooses already.
if (limit === 0 && document.querySelector(".first")) {
  let idle = 0;
  setInterval(() => {
    idle += 1;
    body.classList.toggle("idle", idle >= 20);
    if (idle >= 60) location.replace(home);
  }, 1000);
  for (const kind of ["pointerdown", "keydown"]) addEventListener(kind, () => { idle = 0; body.classList.remove("idle"); });
}

// The first screen, and that of a closed office, follow what the office is: open
// or not, and whether it is only being tried out.
if (body.dataset.state) {
  setInterval(() => {
    const request = new XMLHttpRequest();
    request.open("GET", "/kiosk?part=state");
    request.onload = () => {
      if (request.status === 200 && request.responseText !== body.dataset.state && !body.classList.contains("sent")) location.reload();
    };
    request.send();
  }, 3000);
}

// The tablet at a counter asks when somebody was served.
const watched = document.querySelector("[data-watch]");
if (watched) {
  setInterval(() => {
    const request = new XMLHttpRequest();
    request.open("GET", "/rate/state?counter=" + encodeURIComponent(watched.dataset.counter));
    request.onload = () => {
      if (request.status === 200 && JSON.parse(request.responseText).ticket !== watched.dataset.ticket && !body.classList.contains("sent")) location.replace(home);
    };
    request.send();
  }, 2000);
}
