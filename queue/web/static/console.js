// The counter console. One press is one request with one key: it is sent again
// with the same key until the server has answered, and the server does it once.
import { live } from '/static/live.js';

const boot = JSON.parse(document.getElementById('boot').textContent);
const T = boot.texts;
const TRIES = 4;            // Sends of one press before the person is asked.
const TIMEOUT_MS = 8000;    // Of one send.
const BOUNCE_MS = 500;      // A worn key may strike twice; the second is not meant.

let snap = boot.now;
let floor = 0;              // Snapshots older than our own last answer are skipped.
let busy = false;
let doneAt = 0;
let failed = null;          // The press that got no answer, to be sent again.
let skew = 0;

function $(id) { return document.getElementById(id); }
function mine() { return snap.counters[boot.counter] || { state: 'closed', reason: '', ticket: null }; }
function seconds(from) { return Math.max(0, Math.floor((Date.now() + skew - Date.parse(from)) / 1000)); }
function span(s) { const m = Math.floor(s / 60); return m + ':' + (s % 60 < 10 ? '0' : '') + (s % 60); }

// step is the one thing to do next, always on the big key.
function step() {
  const c = mine();
  if (c.ticket) { return c.ticket.state === 'called' ? 'start' : 'finish'; }
  if (c.state === 'paused') { return 'reopen'; }
  return c.state === 'open' ? 'next' : 'open';
}

// allowed tells which verbs make sense now.
function allowed(verb) {
  const c = mine();
  const called = !!c.ticket && c.ticket.state === 'called';
  switch (verb) {
    case 'recall': case 'no-show': case 'start': return called;
    case 'finish': return !!c.ticket;
    case 'next': return c.state === 'open' && !c.ticket;
    case 'call': return c.state === 'open' && !c.ticket;
    case 'pause': return c.state === 'open';
    case 'open': return c.state !== 'open';
    case 'close': return c.state !== 'closed' && !c.ticket;
    default: return true;
  }
}

function draw() {
  const c = mine();
  const t = c.ticket;
  text('mode', boot.modes[c.state] || c.state);
  $('mode').className = 'mode ' + c.state;
  text('reason', c.state === 'paused' ? c.reason : '');
  text('number', t ? t.number : '–');
  text('state', t ? boot.states[t.state] : T.none);
  text('step-words', T[step()]);
  ['recall', 'no-show', 'finish', 'pause', 'open', 'close'].forEach(function (verb) {
    $(verb).disabled = busy || !allowed(verb);
  });
  // Not "disabled": that would take the keyboard's place away in mid-press.
  $('step').setAttribute('aria-disabled', busy ? 'true' : 'false');
  document.querySelectorAll('[data-waiting]').forEach(function (cell) {
    const n = String(snap.waiting[cell.getAttribute('data-waiting')] || 0);
    if (cell.textContent !== n) { cell.textContent = n; }
  });
  document.title = (t ? t.number + ' – ' : waiting() ? '(' + waiting() + ') ' : '') + document.querySelector('h1').textContent;
  facts();
}

function waiting() {
  let n = 0;
  document.querySelectorAll('[data-waiting]').forEach(function (cell) { n += Number(cell.textContent); });
  return n;
}

function text(id, words) { if ($(id).textContent !== words) { $(id).textContent = words; } }

// facts lists what helps the person at the desk; times run by themselves.
function facts() {
  const t = mine().ticket;
  const rows = [];
  if (t) {
    rows.push([t.service, boot.lang === 'en' && t.what.en ? t.what.en : t.what.vi]);
    const tags = [boot.classes[t.class], boot.channels[t.channel], t.language === 'en' ? T.english : ''].concat(t.needs || []);
    rows.push([T.kind, tags.filter(Boolean).join(' · ')]);
    rows.push([T.waited, span(Math.max(0, Math.floor((Date.parse(t.called_at) - Date.parse(t.issued_at)) / 1000)))]);
    if (t.state === 'called') { rows.push([T.calls, String(t.call_count)], [T.since_call, span(seconds(t.called_at))]); }
    if (t.state === 'serving' && t.started_at) { rows.push([T.serving, span(seconds(t.started_at))]); }
  }
  const list = $('facts');
  if (list.children.length !== rows.length) {
    list.textContent = '';
    rows.forEach(function () {
      const row = document.createElement('div');
      row.appendChild(document.createElement('dt'));
      row.appendChild(document.createElement('dd'));
      list.appendChild(row);
    });
  }
  rows.forEach(function (row, i) {
    const d = list.children[i];
    if (d.children[0].textContent !== row[0]) { d.children[0].textContent = row[0]; }
    if (d.children[1].textContent !== row[1]) { d.children[1].textContent = row[1]; }
  });
}

// message says how the last press went: tone ok, warn or fail.
function message(tone, title, next, again) {
  const box = $('message');
  box.textContent = '';
  if (!title) { return; }
  const p = document.createElement('p');
  p.className = 'note ' + tone;
  const b = document.createElement('strong');
  b.textContent = title + (next ? '. ' : '');
  p.appendChild(b);
  p.appendChild(document.createTextNode(next || ''));
  box.appendChild(p);
  if (again) {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = T.retry;
    button.addEventListener('click', again);
    box.appendChild(button);
  }
}

function newKey() {
  const bytes = new Uint8Array(16);
  crypto.getRandomValues(bytes); // randomUUID needs https; a hall has plain http.
  return Array.prototype.map.call(bytes, function (b) { return (b < 16 ? '0' : '') + b.toString(16); }).join('');
}

// press turns a verb into one request.
function press(verb) {
  if (busy || Date.now() - doneAt < BOUNCE_MS || !allowed(verb)) { return; }
  const t = mine().ticket;
  const counter = '/counters/' + encodeURIComponent(boot.counter) + '/';
  switch (verb) {
    case 'reopen': case 'open': send(counter + 'open', null); break;
    case 'close': send(counter + 'close', {}); break;
    case 'pause': send(counter + 'pause', { reason: $('pause-reason').value }); break;
    case 'next': send(counter + 'next', null); break;
    default: send('/tickets/' + encodeURIComponent(t.id) + '/' + verb, { version: t.version });
  }
}

// send reports whether it was done.
async function send(path, body, key) {
  busy = true;
  failed = null;
  key = key || newKey();
  message();
  draw();
  try {
    return await tell(path, body, key);
  } finally {
    busy = false;
    doneAt = Date.now();
    draw();
  }
}

// tell sends until there is an answer. No answer, 502 and 503 mean "perhaps
// done": the same key makes the repeat safe.
async function tell(path, body, key) {
  for (let i = 0; i < TRIES; i++) {
    if (i > 0) {
      const words = boot.errors.network;
      message('warn', words[0], words[1]);
      await new Promise(function (go) { setTimeout(go, 500 * Math.pow(2, i) + Math.random() * 300); });
    }
    let answer = null;
    try { answer = await once(path, body, key); } catch (err) { continue; }
    if (answer.status === 502 || answer.status === 503 || answer.status === 504) { continue; }
    return heard(answer);
  }
  failed = { path: path, body: body, key: key };
  const words = boot.errors.unavailable;
  message('fail', words[0], words[1], again);
  return false;
}

function again() { if (failed && !busy) { send(failed.path, failed.body, failed.key); } }

function once(path, body, key) {
  const stop = new AbortController();
  const timer = setTimeout(function () { stop.abort(); }, TIMEOUT_MS);
  const headers = { 'Idempotency-Key': key, 'Accept': 'application/json', 'Accept-Language': boot.lang };
  if (body) { headers['Content-Type'] = 'application/json'; }
  return fetch(boot.api + path, {
    method: 'POST', credentials: 'same-origin', headers: headers,
    body: body ? JSON.stringify(body) : undefined, signal: stop.signal
  }).then(function (answer) { clearTimeout(timer); return answer; },
    function (err) { clearTimeout(timer); throw err; });
}

async function heard(answer) {
  if (answer.status === 204) { message('warn', T.nobody, boot.errors.nobody_waiting[1]); return false; }
  let body = null;
  try { body = await answer.json(); } catch (err) { body = null; }
  if (answer.ok) { if (body) { take(body); } message(); return true; }
  const code = (body && body.code) || 'other';
  const words = boot.errors[code] || [(body && body.title) || boot.errors.other[0], (body && body.hint) || boot.errors.other[1]];
  const number = code === 'counter_busy' && body.ticket && body.ticket.number ? ' (' + body.ticket.number + ')' : '';
  message('fail', words[0] + number, words[1]);
  return false;
}

// take shows an answer at once, before the stream brings it.
function take(body) {
  const c = mine();
  const old = c.ticket;
  if (body.number) {
    const inHand = body.state === 'called' || body.state === 'serving';
    const same = old && old.id === body.id;
    floor = Math.max(floor, body.version || 0);
    c.ticket = inHand && body.counter === boot.counter ? body : null;
    if (c.ticket) {
      c.ticket.what = same ? old.what : { vi: '', en: '' };
      c.ticket.called_at = same && old.call_count === body.call_count ? old.called_at : new Date(Date.now() + skew).toISOString();
      c.ticket.started_at = body.started_at || (body.state === 'serving' ? new Date(Date.now() + skew).toISOString() : null);
    }
  } else if (body.state) {
    c.state = body.state;
    c.reason = body.reason || '';
  }
  snap.counters[boot.counter] = c;
}

// callGiven finds what the typed number means, asks when it is ambiguous, and
// calls it with the reason.
async function callGiven() {
  const typed = $('call-number').value.trim();
  if (!typed || busy || Date.now() - doneAt < BOUNCE_MS) { return; }
  if (!allowed('call')) {
    const words = boot.errors[mine().ticket ? 'counter_busy' : 'counter_closed'];
    message('fail', words[0], words[1]);
    giveBackKeys();
    return;
  }
  let found = null;
  busy = true;
  draw();
  try {
    const answer = await fetch('/counter/' + encodeURIComponent(boot.counter) + '/find?n=' + encodeURIComponent(typed), { credentials: 'same-origin' });
    if (answer.ok) { found = await answer.json(); }
  } catch (err) { found = null; }
  busy = false;
  draw();
  if (!found) { message('fail', boot.errors.network[0], boot.errors.unavailable[1]); return; }
  if (!found.length) {
    message('fail', boot.errors.not_waiting[0] + ' (' + typed + ')', boot.errors.not_waiting[1]);
    giveBackKeys();
    return;
  }
  if (found.length === 1) { callTicket(found[0]); } else { choose(found); }
}

// giveBackKeys drops a number that cannot be called, so that the keys mean
// again what is written on the screen.
function giveBackKeys() {
  $('call-number').value = '';
  $('step').focus();
}

// callTicket calls a ticket from wherever it is: one set aside is resumed, one
// that missed its turn goes back to its line first.
async function callTicket(t) {
  const reason = $('call-reason').value;
  const ticket = '/tickets/' + encodeURIComponent(t.id) + '/';
  choose([]);
  giveBackKeys();
  if (t.state === 'parked') { send(ticket + 'resume', { counter: boot.counter, reason: reason }); return; }
  if (t.state === 'no_show' && !(await send(ticket + 'restore', { reason: reason }))) { return; }
  send('/counters/' + encodeURIComponent(boot.counter) + '/call', { ticket: t.id, reason: reason });
}

function choose(found) {
  const box = $('choices');
  box.textContent = '';
  box.hidden = !found.length;
  if (!found.length) { return; }
  box.appendChild(document.createTextNode(T.choose + ' '));
  found.forEach(function (t) {
    const b = document.createElement('button');
    b.type = 'button';
    b.textContent = t.number + (t.state === 'waiting' ? '' : ' – ' + boot.states[t.state]);
    b.addEventListener('click', function () { callTicket(t); });
    box.appendChild(b);
  });
  box.querySelector('button').focus();
}

function clearTyped() { $('call-number').value = ''; choose([]); }

// The keys of a numeric keypad. Inside the call form typing means the form,
// and on a button that has the focus Enter means that button.
const KEYS = { '+': 'recall', '-': 'no-show', '/': 'pause' };

function key(e) {
  if (e.repeat || e.ctrlKey || e.altKey || e.metaKey || e.isComposing) { return; }
  const inField = /^(INPUT|SELECT|TEXTAREA)$/.test(e.target.tagName);
  if (e.key === 'Escape') { clearTyped(); $('step').focus(); return; }
  if (inField && e.target.id !== 'call-number') { return; }
  const empty = !$('call-number').value;
  if (KEYS[e.key] && empty) {
    e.preventDefault();
    const verb = KEYS[e.key] === 'pause' && mine().state !== 'open' ? 'open' : KEYS[e.key];
    press(verb);
  } else if (e.key === '0' && empty) {
    e.preventDefault();
    press('finish');
  } else if (/^[0-9]$/.test(e.key) && !inField) {
    e.preventDefault();
    $('call-number').focus();
    $('call-number').value += e.key;
  } else if (e.key === 'Enter' && empty && (inField || e.target === document.body || e.target.id === 'main' || e.target.id === 'step')) {
    e.preventDefault();
    press(step());
  }
}

document.addEventListener('keydown', key);
$('step').addEventListener('click', function () { press(step()); });
['recall', 'no-show', 'finish', 'pause', 'open', 'close'].forEach(function (verb) {
  $(verb).addEventListener('click', function () { press(verb); $('step').focus(); });
});
$('call').addEventListener('submit', function (e) { e.preventDefault(); callGiven(); });

live('/counter/' + encodeURIComponent(boot.counter) + '/stream', ['staff'], {
  open: function () { floor = 0; },
  event: function (name, data) {
    if (name === 'ping') { skew = data.at - Date.now(); return; }
    if (data.seq < floor) { return; }
    const before = waiting();
    snap = data;
    draw();
    if (before === 0 && waiting() > 0 && !mine().ticket && mine().state === 'open') { message('ok', T.arrived, ''); }
  },
  state: function (connected, ageMs) {
    const ok = connected && ageMs < 25000;
    text('line', ok ? T.live : T.lost + ' ' + Math.round(ageMs / 1000) + ' ' + T.seconds);
    $('line').className = ok ? 'hint' : 'lost';
    facts();
  }
});
draw();
