// The counter console: what is in hand, the one big next step, and a key for
// everything else. The questions it asks are in sheets.js.
import '/static/live.js';
import { post, newKey } from '/static/web/post.js';
import { sheetOpen, sheetKey } from '/static/web/sheet.js';
import { sheets } from '/static/web/sheets.js';
import { badges, put, span } from '/static/web/facts.js';
import { smallWindow } from '/static/web/mini.js';

const boot = JSON.parse(document.getElementById('boot').textContent);
const T = boot.texts;
const BOUNCE_MS = 500;      // A worn key may strike twice; the second is not meant.
const DWELL_MS = 800;       // So long must one see what a press is about: a bounce never finishes a number.
const AGAIN_MS = 60000;     // A press without an answer is sent again by itself that long.
const HANDS = ['start', 'finish', 'no-show', 'park', 'transfer', 'requeue', 'later'];
const QUIET = ['why', 'list-waiting', 'list-parked', 'list-missed', 'help', 'small'];  // What a console that only looks on may do.

let snap = boot.now;
let floor = 0;              // Snapshots older than our own last answer are skipped.
let busy = false;
let doneAt = 0;
let failed = null;          // The press that got no answer, to be sent again.
let skew = 0;
let deed = null;            // What was last done here by hand, to be taken back.
let shown = '';             // The ticket in hand and its state …
let shownAt = 0;            // … and since when they are to be seen.
const seat = newKey();      // This console, among others at the counter.

function $(id) { return document.getElementById(id); }
function text(id, words) { if ($(id).textContent !== words) { $(id).textContent = words; } }
function mine() { return snap.counters[boot.counter] || { state: 'closed', reason: '', ticket: null, undo: null }; }
function now() { return Date.now() + skew; }
function seconds(from) { return Math.max(0, Math.floor((now() - Date.parse(from)) / 1000)); }
function concerns(t) { return boot.mine.indexOf(t.service) >= 0 || t.counter === boot.counter; }

// inCharge tells whether this console may act: of several at one counter one may.
function inCharge() {
  const all = (snap.shared || {})[boot.counter];
  return !all || all.in_charge === seat;
}

// step is the one thing to do next, always on the big key.
function step() {
  const c = mine();
  if (c.ticket) { return c.ticket.state === 'called' ? 'start' : 'finish'; }
  if (c.state === 'paused') { return 'reopen'; }
  return c.state === 'open' ? 'next' : 'open';
}

// undoable is the latest action that can still be taken back.
function undoable() {
  const theirs = mine().undo;
  const d = deed && (!theirs || deed.version > theirs.version) ? deed : theirs;
  return d && seconds(d.at) < boot.undo_s ? d : null;
}

// allowed tells which verbs make sense now.
function allowed(verb) {
  const c = mine();
  const t = c.ticket;
  const called = !!t && t.state === 'called';
  switch (verb) {
    case 'recall': case 'no-show': case 'start': case 'later': return called;
    case 'finish': case 'park': case 'transfer': case 'requeue': return !!t;
    case 'entitle': return !!t && t.class === 'priority' && t.entitlement !== 'confirmed';
    case 'disentitle': return !!t && t.class === 'priority';
    case 'undo': return !!undoable();
    case 'next': case 'call': case 'resume': return c.state === 'open' && !t;
    case 'pause': return c.state === 'open';
    case 'open': return c.state !== 'open';
    case 'close': return c.state !== 'closed';
    case 'why': return boot.why;
    case 'note': return boot.noting && !!t;
    default: return true;
  }
}

const VERBS = ['recall', 'no-show', 'finish', 'park', 'transfer', 'requeue', 'later', 'undo', 'entitle', 'disentitle', 'why',
  'pause', 'open', 'close', 'issuing', 'list-waiting', 'list-parked', 'list-missed', 'note', 'issue', 'small', 'help'];

function draw() {
  const c = mine();
  const t = c.ticket;
  text('mode', boot.modes[c.state] || c.state);
  $('mode').className = 'mode ' + c.state;
  text('reason', c.state === 'paused' ? c.reason : '');
  text('number', t ? t.number : '–');
  text('state', t ? boot.states[t.state] : T.none);
  text('step-words', T[step()]);
  put($('badges'), t ? badges(t, boot) : []);
  $('class-check').hidden = !allowed('disentitle');
  $('class-check').className = 'note ' + (allowed('entitle') ? 'warn' : 'ok');
  text('class-words', t && t.entitlement === 'declared' ? T.check : T.checked);
  $('entitle').hidden = !allowed('entitle');
  VERBS.forEach(function (verb) { $(verb).disabled = verb !== 'help' && (busy || !allowed(verb)); });
  const seen = t ? t.id + t.state : '';
  if (seen !== shown) { shown = seen; shownAt = Date.now(); }
  // Not "disabled": that would take the keyboard's place away in mid-press.
  $('step').setAttribute('aria-disabled', busy ? 'true' : 'false');
  document.querySelectorAll('[data-waiting]').forEach(function (cell) {
    const n = String(snap.waiting[cell.getAttribute('data-waiting')] || 0);
    if (cell.textContent !== n) { cell.textContent = n; }
  });
  text('count-parked', String(snap.parked.filter(concerns).length));
  text('count-missed', String(missed().length));
  $('trial').hidden = !snap.trial;
  stopped();
  together();
  rings();
  document.title = (t ? t.number + ' – ' : waiting() ? '(' + waiting() + ') ' : '') + document.querySelector('h1').textContent;
  facts();
  mirror();
}

// mirror shows the same in the small window.
function mirror() {
  const c = mine();
  small.update({
    number: c.ticket ? c.ticket.number : '–', state: c.ticket ? boot.states[c.ticket.state] : waiting() + ' ' + T.waiting_now, step: T[step()],
    message: $('message').textContent, line: $('line').textContent, lost: $('line').className === 'lost', busy: busy, allowed: allowed
  });
}

// together tells that the counter is open at several consoles.
function together() {
  const all = (snap.shared || {})[boot.counter];
  $('shared').hidden = !all;
  if (!all) { return; }
  text('shared-words', inCharge() ? T.shared_here : T.shared_there);
  $('shared').className = 'note ' + (inCharge() ? 'warn' : 'fail');
  $('take-over').hidden = inCharge();
}

async function takeOver() {
  const answer = await post('/counter/' + encodeURIComponent(boot.counter) + '/seat?seat=' + seat, boot.lang, null, newKey(), function () {});
  if (!answer || !answer.ok) { message('fail', boot.errors.unavailable[0], boot.errors.unavailable[1]); }
  $('step').focus();
}

// help is silent: a small mark for whoever pressed it, and nothing else here.
async function help() {
  let answer = null;
  for (let i = 0; i < 10 && !answer; i++) { // Refused is refused: only silence is tried again.
    answer = await post('/counter/' + encodeURIComponent(boot.counter) + '/help', boot.lang, null, newKey(), function () {});
  }
  text('help-mark', answer && answer.ok ? '✓' : '✗');
  setTimeout(function () { text('help-mark', ''); }, 8000);
}

function missed() {
  return snap.missed.filter(function (t) { return concerns(t) && seconds(t.since) < boot.restore_s; });
}

function stopped() {
  const off = Object.keys(snap.stopped).map(function (s) {
    return (s || T.issuing_all) + (snap.stopped[s] ? ' (' + snap.stopped[s] + ')' : '');
  });
  $('stopped').hidden = !off.length;
  text('stopped', off.length ? T.issuing_off + ': ' + off.join(', ') + '.' : '');
}

// rings shows who in the hall asks for a member of staff; whoever goes there
// takes it off all consoles.
function rings() {
  const asked = (snap.rings || []).filter(function (r) { return r.from !== boot.counter; });
  const seen = asked.map(function (r) { return r.id; }).join();
  if ($('rings').getAttribute('data-seen') === seen) { return; }
  $('rings').setAttribute('data-seen', seen);
  $('rings').textContent = '';
  asked.forEach(function (r) {
    const p = document.createElement('p');
    p.className = 'note warn';
    const b = document.createElement('strong');
    b.textContent = r.alarm ? r.place : r.place + ': ' + T.ring;
    const go = document.createElement('button');
    go.type = 'button';
    go.className = 'quiet';
    go.textContent = T.ring_answer;
    go.addEventListener('click', function () { go.disabled = true; answerRing(r.id, go); });
    p.appendChild(b);
    p.appendChild(document.createTextNode(' '));
    p.appendChild(go);
    $('rings').appendChild(p);
  });
}

async function answerRing(id, button) {
  const answer = await post('/counter/rings/' + encodeURIComponent(id) + '/answer', boot.lang, null, newKey(), function () {});
  if (!answer || !answer.ok) { button.disabled = false; message('fail', boot.errors.unavailable[0], boot.errors.unavailable[1]); }
  $('step').focus();
}

function waiting() {
  let n = 0;
  document.querySelectorAll('[data-waiting]').forEach(function (cell) { n += Number(cell.textContent); });
  return n;
}

// facts lists what helps the person at the desk; times run by themselves.
function facts() {
  const t = mine().ticket;
  const rows = [];
  if (t) {
    rows.push([t.service, boot.lang === 'en' && t.what.en ? t.what.en : t.what.vi], [T.door, boot.channels[t.channel] || t.channel]);
    rows.push([T.waited, span(Math.max(0, Math.floor((Date.parse(t.called_at) - Date.parse(t.issued_at)) / 1000)))]);
    rows.push([T.calls, String(t.call_count)]);
    if (t.state === 'called') { rows.push([T.since_call, span(seconds(t.called_at))]); }
    if (t.state === 'serving' && t.started_at) {
      rows.push([T.came_after, span(Math.max(0, Math.floor((Date.parse(t.started_at) - Date.parse(t.called_at)) / 1000)))]);
      rows.push([T.serving, span(seconds(t.started_at))]);
    }
    if (t.note && t.note.dossier) { rows.push([T.dossier, t.note.dossier]); }
    if (t.note && t.note.text) { rows.push([T.note, t.note.text]); }
  }
  put($('facts'), rows);
  papers(t);
  const d = undoable();
  text('undo-words', T.undo + (d ? ': ' + d.number + ' ' + boot.deeds[d.kind] + ' · ' + (boot.undo_s - seconds(d.at)) + ' ' + T.seconds : ''));
  $('undo').disabled = busy || !d;
}

// papers lists what the procedure of the number in hand needs.
function papers(t) {
  const all = t && t.bring ? (boot.lang === 'en' && t.bring.en ? t.bring.en : t.bring.vi) : '';
  $('papers').hidden = !all;
  const lines = all.split('\n').filter(Boolean);
  const list = $('papers-list');
  while (list.children.length > lines.length) { list.removeChild(list.lastChild); }
  while (list.children.length < lines.length) { list.appendChild(document.createElement('li')); }
  lines.forEach(function (line, i) { if (list.children[i].textContent !== line) { list.children[i].textContent = line; } });
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

// press does a verb at once, or asks first what it needs to know.
function press(verb) {
  if (verb === 'help') { return help(); }
  if (busy || Date.now() - doneAt < BOUNCE_MS || !allowed(verb)) { return; }
  if (HANDS.indexOf(verb) >= 0 && Date.now() - shownAt < DWELL_MS) { return; }
  if (!inCharge() && QUIET.indexOf(verb) < 0) { message('warn', T.shared_there, ''); return; }
  const t = mine().ticket;
  switch (verb) {
    case 'reopen': case 'open': return counter('open', null);
    case 'next': return counter('next', null);
    case 'undo': return undo();
    case 'small': return small.open();
    case 'recall': case 'no-show': case 'start': case 'finish': return act(t, verb, {});
    case 'requeue': case 'entitle': return act(t, verb, {}, true);
    default: return asking[verb](t);
  }
}

function counter(verb, body) { return send('/counters/' + encodeURIComponent(boot.counter) + '/' + verb, body); }

// What each ticket action is in the log, for taking it back.
const KINDS = {
  'recall': 'ticket_recalled', 'start': 'ticket_started', 'finish': 'ticket_finished', 'no-show': 'ticket_no_show', 'later': 'ticket_pushed_back',
  'park': 'ticket_parked', 'resume': 'ticket_resumed', 'transfer': 'ticket_transferred', 'requeue': 'ticket_requeued', 'restore': 'ticket_restored',
  'cancel': 'ticket_cancelled', 'entitle': 'ticket_entitled', 'disentitle': 'ticket_disentitled'
};

// act does one action on one ticket; aloud says afterwards that it was done.
async function act(t, verb, body, aloud) {
  body.version = t.version;
  const done = await send('/tickets/' + encodeURIComponent(t.id) + '/' + verb, body);
  if (!done) { return false; }
  deed = KINDS[verb] && done.version ? { ticket: t.id, number: t.number, kind: KINDS[verb], version: done.version, at: new Date(now()).toISOString() } : null;
  if (aloud) { message('ok', t.number + ': ' + (boot.deeds[KINDS[verb]] || T.done), KINDS[verb] ? T.undo_hint : ''); }
  draw();
  return done;
}

async function undo() {
  const d = undoable();
  const done = await send('/tickets/' + encodeURIComponent(d.ticket) + '/undo', { version: d.version });
  if (!done) { return; }
  deed = null;
  mine().undo = null;
  message('ok', d.number + ' – ' + boot.deeds[d.kind] + ': ' + T.undone, '');
  draw();
}

// send gives the answer's body if it was done, else null.
async function send(path, body, key) {
  busy = true;
  failed = null;
  key = key || newKey();
  message();
  draw();
  const answer = await post(boot.api + path, boot.lang, body, key, function () {
    message('warn', boot.errors.network[0], boot.errors.network[1]);
  });
  busy = false;
  doneAt = Date.now();
  const done = heard(answer);
  if (!answer) {
    failed = { path: path, body: body, key: key, at: Date.now() };
    message('fail', boot.errors.unavailable[0], boot.errors.unavailable[1], again);
  }
  draw();
  return done;
}

async function again() {
  if (!failed || busy) { return; }
  const path = failed.path;
  const done = await send(path, failed.body, failed.key);
  if (done && path === '/tickets') { asking.issued(done); } // Somebody waits at the desk to be told the number.
}

function heard(answer) {
  if (!answer) { return null; }
  if (answer.status === 204) { message('warn', T.nobody, boot.errors.nobody_waiting[1]); return null; }
  const body = answer.body;
  if (answer.ok) { message(); if (body) { take(body); } return body || {}; }
  const code = (body && body.code) || 'other';
  const words = boot.errors[code] || [(body && body.title) || boot.errors.other[0], (body && body.hint) || boot.errors.other[1]];
  const number = code === 'counter_busy' && body.ticket && body.ticket.number ? ' (' + body.ticket.number + ')' : '';
  message('fail', words[0] + number, words[1]);
  return null;
}

// take shows an answer at once, before the stream brings it.
function take(body) {
  const c = mine();
  const old = c.ticket;
  if (body.number) {
    const here = (body.state === 'called' || body.state === 'serving') && body.counter === boot.counter;
    const same = !!old && old.id === body.id;
    floor = Math.max(floor, body.version || 0);
    if (here) {
      c.ticket = Object.assign({}, same ? old : { what: { vi: '', en: '' } }, body);
      c.ticket.called_at = same && old.call_count === body.call_count ? old.called_at : new Date(now()).toISOString();
      c.ticket.started_at = body.started_at || (body.state === 'serving' ? new Date(now()).toISOString() : null);
    } else if (same) {
      c.ticket = null;
    }
  } else if (body.state) {
    c.state = body.state;
    c.reason = body.reason || '';
    if (body.ticket === null) { c.ticket = null; }
  }
  snap.counters[boot.counter] = c;
}

const small = smallWindow({
  lang: boot.lang, counter: boot.counter, title: document.querySelector('h1').textContent, names: { 'recall': T.recall, 'no-show': T.no_show, 'finish': T.finish },
  press: press, step: step, key: key, redraw: function () { draw(); }, blocked: function () { message('warn', T.blocked, ''); }
});

const asking = sheets({
  boot: boot, mine: mine, snap: function () { return snap; }, missed: missed, concerns: concerns, seconds: seconds,
  act: act, counter: counter, send: send, message: message, allowed: allowed, redraw: draw
});

// The keys. Inside the search field typing means the field, and on a button
// that has the focus Enter means that button. One-character keys can be turned
// off (WCAG 2.2, 2.1.4), for those who speak to their machine.
const KEYS = {
  '+': 'recall', '-': 'no-show', '0': 'finish', '/': 'pause', 'p': 'park', 't': 'transfer', 'q': 'requeue', 'l': 'later', 'u': 'undo',
  'n': 'note', 'i': 'issue', 'g': 'help', 'm': 'small', 'e': 'entitle', 'd': 'disentitle', 'v': 'why', 'r': 'list-parked', 'k': 'list-missed', 'h': 'list-waiting', 's': 'issuing', 'x': 'close'
};

function key(e) {
  if (e.ctrlKey || e.altKey || e.metaKey || e.isComposing) { return; }
  const inMini = e.target.ownerDocument !== document;
  if (sheetOpen()) { if (!inMini) { sheetKey(e, $('keys-on').checked); } return; }
  if (e.repeat) { return; }
  const inField = /^(INPUT|SELECT|TEXTAREA)$/.test(e.target.tagName) && e.target.type !== 'checkbox';
  const typed = $('call-number').value;
  if (e.key === 'Escape') { $('call-number').value = ''; $('step').focus(); return; }
  if (e.key === 'Enter') {
    if (!typed && (inField || e.target === document.body || (inMini && e.target.tagName !== 'BUTTON') || e.target.id === 'main' || e.target.id === 'step')) { e.preventDefault(); press(step()); }
    return;
  }
  if ($('keys-on').checked) { letter(e, inField, typed, inMini); }
}

// letter does a one-character key. A number pad writes numbers into the field
// even while it has the focus, so its signs keep their meaning there.
function letter(e, inField, typed, inMini) {
  const k = e.key.toLowerCase();
  const pad = /^[0+\-/]$/.test(k);
  if (inField && (typed || !pad)) { return; }
  if (inMini && !/^[0+\-ug]$/.test(k)) { return; }  // What asks something asks in the large window.
  if (k === 'f' || k === '*') { e.preventDefault(); $('call-number').focus(); return; }
  if (KEYS[k]) {
    e.preventDefault();
    press(k === '/' && mine().state !== 'open' ? 'open' : KEYS[k]);
  } else if (/^[1-9]$/.test(k)) {
    e.preventDefault();
    $('call-number').focus();
    $('call-number').value += k;
  }
}

document.addEventListener('keydown', key);
$('step').addEventListener('click', function () { press(step()); });
VERBS.forEach(function (verb) {
  $(verb).addEventListener('click', function () { press(verb); if (!sheetOpen()) { $('step').focus(); } });
});
$('take-over').addEventListener('click', takeOver);
$('call').addEventListener('submit', function (e) {
  e.preventDefault();
  const typed = $('call-number').value.trim();
  $('call-number').value = '';
  $('step').focus();
  if (typed) { asking.find(typed); }
});

try { $('keys-on').checked = localStorage.getItem('xinmoi-keys') !== 'off'; } catch (err) { /* private mode */ }
$('keys-on').addEventListener('change', function () {
  try { localStorage.setItem('xinmoi-keys', $('keys-on').checked ? 'on' : 'off'); } catch (err) { /* private mode */ }
});

window.xinmoiLive('/counter/' + encodeURIComponent(boot.counter) + '/stream?seat=' + seat, ['staff'], {
  open: function () {
    floor = 0;
    if (failed && Date.now() - failed.at < AGAIN_MS) { again(); }
  },
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
    mirror();
  }
});
draw();
