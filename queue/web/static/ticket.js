// One ticket on a phone: live, and loud enough when it is called.
import '/static/live.js';

const state = document.getElementById('state');
const say = document.getElementById('say');
const offline = document.getElementById('offline');
const suffix = document.title.indexOf(' – ') < 0 ? '' : document.title.slice(document.title.lastIndexOf(' – '));
let was = state.firstElementChild.className;
let calls = 0;
let first = true;
let left = false;

// show replaces what is shown, and leaves open, chosen and typed what was.
function show(data) {
  const open = Array.prototype.map.call(state.querySelectorAll('details[open]'), function (d) { return d.id; });
  const typed = {};
  state.querySelectorAll('select, input[id]').forEach(function (i) { typed[i.id] = i.value; });
  const at = state.contains(document.activeElement) ? document.activeElement : null;
  const focus = at && (at.id ? '#' + at.id : at.name ? '[name="' + at.name + '"][value="' + at.value + '"]' : '');
  state.innerHTML = data.html;
  open.forEach(function (id) { const d = document.getElementById(id); if (d) { d.open = true; } });
  Object.keys(typed).forEach(function (id) { const i = document.getElementById(id); if (i) { i.value = typed[id]; } });
  const again = focus && state.querySelector(focus);
  if (again) { again.focus(); }
  document.title = data.title + suffix;
  const now = state.firstElementChild.className;
  if (!first && data.title !== say.textContent) { say.textContent = data.title; }
  // Who did not hear the first call hears the second.
  if (data.state === 'called' && (now !== was || (!first && data.calls > calls))) { call(); }
  calls = data.calls;
  if (data.state !== 'called') { hush(); }
  offer();
  if (data.leave && !left && navigator.vibrate) { navigator.vibrate([300, 150, 300]); }
  left = data.leave;
  was = now;
  first = false;
}

// stand changes only what changes with every call to somebody else.
function stand(data) {
  Object.keys(data).forEach(function (part) {
    const at = state.querySelector('[data-part="' + part + '"]');
    if (at && at.textContent !== String(data[part])) { at.textContent = data[part]; }
  });
}

// The call: the page flashes, the phone shakes, and rings if that was allowed.
const RINGS = 10;
let rings = 0;
let ringing = 0;

function call() {
  document.body.classList.add('flash');
  rings = 0;
  hush();
  ringing = setInterval(ring, 2500);
  ring();
}

function ring() {
  rings += 1;
  if (rings > RINGS) { hush(); return; }
  if (navigator.vibrate) { navigator.vibrate([400, 200, 400, 200, 800]); }
  chime();
}

function hush() {
  if (ringing) { clearInterval(ringing); ringing = 0; }
}

document.addEventListener('click', function () { document.body.classList.remove('flash'); hush(); });

// Sound needs a touch first: browsers let no page begin by itself. With it the
// screen is kept on, where the browser can.
const alarm = document.getElementById('alert');
const Sound = window.AudioContext || window.webkitAudioContext;
let sound = null;
let lock = null;

function chime() {
  if (!sound) { return; }
  sound.resume();
  [0, 0.35, 0.7].forEach(function (after, i) {
    const tone = sound.createOscillator();
    const level = sound.createGain();
    const t = sound.currentTime + after;
    tone.frequency.value = [660, 880, 1100][i];
    level.gain.setValueAtTime(0.0001, t);
    level.gain.exponentialRampToValueAtTime(0.6, t + 0.02);
    level.gain.exponentialRampToValueAtTime(0.0001, t + 0.32);
    tone.connect(level);
    level.connect(sound.destination);
    tone.start(t);
    tone.stop(t + 0.34);
  });
}

function keepOn() {
  if (sound && navigator.wakeLock && !document.hidden && !alarm.hidden) {
    navigator.wakeLock.request('screen').then(function (l) { lock = l; }, function () { /* The battery is low, or it is not allowed. */ });
  }
}

// offer shows the bell while there is a turn to wait for. What has ended may
// begin again, by staff's undo, and then the bell is still as it was.
function offer() {
  const over = /\b(completed|no_show|cancelled|expired)\b/.test(state.firstElementChild.className);
  if (alarm.hidden === (!Sound || over)) { return; }
  alarm.hidden = over;
  if (!over) { keepOn(); }
  if (over && lock) { lock.release(); lock = null; }
}

offer();
if (Sound) {
  const button = alarm.querySelector('button');
  const off = button.textContent;
  button.addEventListener('click', function () {
    if (sound) {
      sound.close();
      sound = null;
      if (lock) { lock.release(); lock = null; }
    } else {
      sound = new Sound();
      chime();
      keepOn();
    }
    button.setAttribute('aria-pressed', String(sound !== null));
    button.textContent = sound ? button.getAttribute('data-on') : off;
  });
  document.addEventListener('visibilitychange', keepOn); // A hidden page loses the lock.
}

function age(ms) {
  const s = Math.round(ms / 1000);
  if (s < 120) { return s + ' ' + offline.getAttribute('data-seconds'); }
  return Math.round(s / 60) + ' ' + offline.getAttribute('data-minutes');
}

const token = location.pathname.split('/')[2]; // Also below it, where a form was refused.
window.xinmoiLive('/t/' + token + '/stream?lang=' + document.documentElement.lang + '&travel=' + encodeURIComponent(new URLSearchParams(location.search).get('travel') || ''), ['ticket', 'standing'], {
  event: function (name, data) {
    if (name === 'ticket') { show(data); }
    if (name === 'standing') { stand(data); }
  },
  state: function (connected, ageMs) {
    offline.hidden = connected ? ageMs < 25000 : ageMs < 5000;
    if (!offline.hidden) { offline.textContent = offline.getAttribute('data-words') + ' ' + age(ageMs) + '.'; }
  }
});
