// One ticket on a phone: live, and loud enough when it is called.
import { live } from '/static/live.js';

const state = document.getElementById('state');
const say = document.getElementById('say');
const offline = document.getElementById('offline');
const suffix = document.title.indexOf(' – ') < 0 ? '' : document.title.slice(document.title.lastIndexOf(' – '));
let was = state.firstElementChild.className;
let first = true;

// show replaces what is shown, unless the person is about to confirm.
function show(data) {
  const open = state.querySelector('details[open]');
  state.innerHTML = data.html;
  const details = state.querySelector('details');
  if (open && details) { details.open = true; }
  document.title = data.title + suffix;
  const now = state.firstElementChild.className;
  if (!first && data.title !== say.textContent) { say.textContent = data.title; }
  if (data.state === 'called' && now !== was && navigator.vibrate) { navigator.vibrate([400, 200, 400, 200, 800]); }
  was = now;
  first = false;
}

function age(ms) {
  const s = Math.round(ms / 1000);
  if (s < 120) { return s + ' ' + offline.getAttribute('data-seconds'); }
  return Math.round(s / 60) + ' ' + offline.getAttribute('data-minutes');
}

live(location.pathname.replace(/\/(cancel)?$/, '') + '/stream?lang=' + document.documentElement.lang, ['ticket'], {
  event: function (name, data) { if (name === 'ticket') { show(data); } },
  state: function (connected, ageMs) {
    offline.hidden = connected ? ageMs < 25000 : ageMs < 5000;
    if (!offline.hidden) { offline.textContent = offline.getAttribute('data-words') + ' ' + age(ageMs) + '.'; }
  }
});
