// The board of the hall: shows what the server sends, flashes what is newly
// called, and says nothing older than it is.
import { live } from '/static/live.js';

const hall = document.getElementById('hall');
const banner = document.getElementById('banner');
const say = document.getElementById('say');
const offline = document.getElementById('offline');
const clock = document.getElementById('clock');

const FLASH_MS = 5000;      // Longest flashing of one call.
const BANNER_MS = 8000;     // A silent call stays so long in the head line.
const VOICE_WAIT_MS = 5000; // So long a call waits for its voice before it is shown without.
const STALE_MS = 25000;

let skew = 0;               // Server's clock minus ours.
let offset = -new Date().getTimezoneOffset() * 60000; // Office's zone.
let voice = false;          // The loudspeaker module has spoken at least once.
let speaking = null;        // What it says at this moment.
let bannerTimer = 0;
let known = keys();

function seats() { return Array.prototype.slice.call(hall.querySelectorAll('.seat[data-key]')); }

function keys() {
  const found = {};
  seats().forEach(function (seat) { found[seat.getAttribute('data-key')] = Date.now(); });
  return found;
}

function seatOf(number, counter) {
  return seats().filter(function (seat) {
    return seat.getAttribute('data-number') === number && (!counter || seat.getAttribute('data-counter') === counter);
  })[0];
}

// notices reads out to screen readers what staff tell the hall, once.
let told = '';
function notices() {
  const texts = Array.prototype.map.call(hall.querySelectorAll('.notice'), function (p) { return p.textContent; }).join(' ');
  if (texts && texts !== told) { say.textContent = texts; }
  told = texts;
}

// show replaces the hall and treats every key not seen before as a new call.
function show(html) {
  const before = known;
  hall.innerHTML = html;
  known = keys();
  seats().forEach(function (seat) {
    const key = seat.getAttribute('data-key');
    if (before[key]) {
      known[key] = before[key];
    } else if (seat.getAttribute('data-calling')) {
      called(key, seat.getAttribute('data-said'));
    }
  });
  mark();
  notices();
}

// called: a new call. With a voice the voice sets the pace, so that picture
// and sound agree; without one, or when it stays away, it is shown at once.
function called(key, text) {
  if (!voice) { announce(text, key); return; }
  setTimeout(function () {
    if (!speaking && known[key] && known[key] !== 'spoken') { announce(text, key); }
  }, VOICE_WAIT_MS);
}

function announce(text, key) {
  flash(key);
  head(text, BANNER_MS);
}

function flash(key) {
  seats().forEach(function (seat) {
    if (seat.getAttribute('data-key') === key) {
      seat.classList.add('calling');
      setTimeout(function () { seat.classList.remove('calling'); }, FLASH_MS);
    }
  });
}

// head shows one call in place of the office's name, and to screen readers.
function head(text, ms) {
  clearTimeout(bannerTimer);
  banner.textContent = text;
  banner.hidden = false;
  say.textContent = text;
  if (ms) { bannerTimer = setTimeout(unhead, ms); }
}

function unhead() { banner.hidden = true; banner.textContent = ''; }

// mark keeps the spoken number lit, also when the hall was replaced meanwhile.
function mark() {
  seats().forEach(function (seat) { seat.classList.remove('speaking'); });
  const seat = speaking && seatOf(speaking.number, speaking.counter);
  if (seat) { seat.classList.add('speaking'); }
}

// targets are the numbers of one announcement; several were merged into it.
function targets(call) {
  if (call.calls && call.calls.length) { return call.calls; }
  return call.number ? [{ number: call.number, counter: call.counter, at_ms: 0 }] : [];
}

// speak lights one number while it is read.
function speak(target) {
  speaking = { number: String(target.number || ''), counter: String(target.counter || '') };
  mark();
}

let turns = [];

document.addEventListener('xinmoi:call-started', function (e) {
  voice = true;
  turns.forEach(clearTimeout);
  speak({});
  targets(e.detail).forEach(function (target) {
    const seat = seatOf(String(target.number), String(target.counter));
    if (seat) { known[seat.getAttribute('data-key')] = 'spoken'; }
    if (target.at_ms > 0) { turns.push(setTimeout(function () { speak(target); }, target.at_ms)); } else { speak(target); }
  });
  head(e.detail.text || speaking.number, 0);
});

// A call that nobody will say, or that is said where we cannot hear it: no
// waiting for its voice.
document.addEventListener('xinmoi:call-shown', function (e) {
  targets(e.detail).forEach(function (target) {
    const seat = seatOf(String(target.number), String(target.counter));
    const key = seat && seat.getAttribute('data-key');
    if (!key || known[key] === 'spoken') { return; }
    known[key] = 'spoken';
    flash(key);
    if (!speaking) { head(e.detail.text, BANNER_MS); }
  });
});

document.addEventListener('xinmoi:call-finished', function () {
  speaking = null;
  turns.forEach(clearTimeout);
  bannerTimer = setTimeout(unhead, 1500);
  mark();
});

function two(n) { return (n < 10 ? '0' : '') + n; }

function tick() {
  const t = new Date(Date.now() + skew + offset);
  clock.textContent = two(t.getUTCHours()) + ':' + two(t.getUTCMinutes());
}

function age(ms) {
  const s = Math.round(ms / 1000);
  if (s < 120) { return s + ' ' + offline.getAttribute('data-seconds'); }
  return Math.round(s / 60) + ' ' + offline.getAttribute('data-minutes');
}

live('/board/stream?lang=' + document.documentElement.lang, ['board'], {
  event: function (name, data) {
    if (name === 'ping') { skew = data.at - Date.now(); offset = data.offset_s * 1000; tick(); return; }
    show(data.html);
  },
  state: function (connected, ageMs) {
    offline.hidden = connected ? ageMs < STALE_MS : ageMs < 5000;
    const text = offline.getAttribute('data-words') + ' ' + age(ageMs);
    if (!offline.hidden && offline.textContent !== text) { offline.textContent = text; }
    tick();
  }
});
tick();
