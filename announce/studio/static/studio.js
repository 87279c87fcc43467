// The recording page: one sentence at a time, by keys or by touch. The server
// keeps everything; a page that is closed loses at most the take being read.
import { Microphone, db, wav } from './microphone.js';

const state = JSON.parse(document.getElementById('boot').textContent);
const english = state.lang === 'en';
const T = function (vi, en) { return english ? en : vi; };
const $ = function (id) { return document.getElementById(id); };
const base = '/studio/' + state.id;
const groups = new Map(state.groups.map(function (g) { return [g.id, g]; }));

const COUNT_MS = 450;      // Of each step of the countdown; the first one shows how loud the room is.
const SILENCE_MS = 950;    // After speech ends the take.
const SPEECH_MS = 250;     // Less is a click.
const PATIENCE_MS = 6000;  // Nobody speaks.
const LONGEST_MS = 20000;

let at = 0;                // The line shown.
let take = null;           // The take shown, as the server tells it.
let mode = 'idle';         // idle, counting, live, sending.
let live = null;           // The take being recorded.

const mic = new Microphone(state.worklet, heard);

// Showing.

function say(text, isLive) { $('said').textContent = text; $('said').classList.toggle('live', !!isLive); }

function showProgress(p) {
  state.progress = p;
  $('bar').style.width = (100 * p.essential_done / Math.max(1, p.essential_total)) + '%';
  $('progress').textContent = T(
    'Phần chính: ' + p.essential_done + ' / ' + p.essential_total + ' câu' + (p.minutes ? ', còn khoảng ' + p.minutes + ' phút' : ', đã xong') + '. Tất cả: ' + p.done + ' / ' + p.total + '.',
    'Essential part: ' + p.essential_done + ' of ' + p.essential_total + (p.minutes ? ', about ' + p.minutes + ' minutes left' : ', done') + '. All: ' + p.done + ' of ' + p.total + '.');
}

function sentence(before, target, after, hint) {
  const p = $('sentence');
  p.textContent = '';
  if (before) { p.append(before + ' '); }
  const mark = document.createElement('mark');
  mark.textContent = target;
  p.append(mark);
  if (hint) { p.append(' (' + hint + ')'); }
  if (after) { p.append((/^[,.]/.test(after) ? '' : ' ') + after); }
}

function show() {
  const line = state.lines[at];
  const group = groups.get(line.group);
  take = null;
  $('group').textContent = group.name;
  $('place').textContent = (at + 1) + ' / ' + state.lines.length + ' · ' + line.id + (line.accepted ? ' · ' + T('đã giữ', 'kept') : '');
  $('how-to').textContent = group.how_to;
  $('jump').value = line.group;
  sentence(line.before, line.target, line.after, line.hint);
  say(state.progress.room_due ? T('Nên bấm Kiểm tra (mục Kiểm tra micrô) trước khi thu.', 'Better press Check (under Microphone check) before recording.') :
    state.progress.reference_due ? T('Đã thu thêm 20 câu: bấm Kiểm tra để đọc lại câu mẫu, xem giọng có còn đều không.', '20 more are recorded: press Check and read the reference sentence, to hear whether the voice is still the same.') : '');
  showTake();
  const latest = line.accepted || line.takes[line.takes.length - 1];
  if (latest) { load(latest); }
}

function showTake() {
  const line = state.lines[at];
  for (const id of ['play', 'play-all', 'redo']) { $(id).disabled = !take; }
  $('accept').disabled = !(take && take.usable);
  $('edges').hidden = !take;
  list('findings', take ? take.findings : [], take ? T('Bản thu tốt (' + take.speech + ' dBFS).', 'A good take (' + take.speech + ' dBFS).') : '');
  if (take) {
    for (const id of ['from', 'to']) { $(id).max = take.length_ms; $(id).value = take[id + '_ms']; }
    draw();
  }
  $('takes').textContent = '';
  $('takes-words').textContent = line.takes.length ? T('Các lần thu:', 'Takes:') : '';
  line.takes.forEach(function (n, i) {
    const b = document.createElement('button');
    b.type = 'button';
    b.className = 'quiet';
    b.textContent = (i + 1) + (line.accepted === n ? ' ✓' : '');
    b.setAttribute('aria-label', T('Lần thu ', 'Take ') + (i + 1) + (line.accepted === n ? T(', đã giữ', ', kept') : ''));
    b.setAttribute('aria-pressed', String(!!take && take.id === n));
    b.addEventListener('click', function () { load(n); });
    $('takes').append(b, ' ');
  });
}

function list(id, findings, good) {
  const ul = $(id);
  ul.textContent = '';
  for (const f of findings) {
    const li = document.createElement('li');
    li.className = f.severity;
    li.textContent = f.text;
    ul.append(li);
  }
  if (!findings.length && good) {
    const li = document.createElement('li');
    li.className = 'ok';
    li.textContent = good;
    ul.append(li);
  }
}

function draw() {
  const c = $('wave'), g = c.getContext('2d'), n = take.wave.length;
  g.clearRect(0, 0, c.width, c.height);
  const from = Number($('from').value) / take.length_ms, to = Number($('to').value) / take.length_ms;
  g.fillStyle = '#fff3d6';
  g.fillRect(from * c.width, 0, (to - from) * c.width, c.height);
  for (let i = 0; i < n; i++) {
    const inside = i / n >= from && i / n < to;
    const h = Math.max(1, Math.sqrt(take.wave[i]) * c.height);
    g.fillStyle = inside ? '#0b3d91' : '#8793a5';
    g.fillRect(i * c.width / n, (c.height - h) / 2, c.width / n - 1, h);
  }
  for (const id of ['from', 'to']) { $(id + '-words').textContent = (Number($(id).value) / 1000).toFixed(2) + ' s'; }
}

// Asking the server.

async function send(path, body, type) {
  const headers = { 'Accept': 'application/json' };
  if (type) { headers['Content-Type'] = type; }
  let answer;
  try {
    answer = await fetch(base + path, { method: body === undefined ? 'GET' : 'POST', credentials: 'same-origin', cache: 'no-store', headers: headers, body: body === undefined ? undefined : body });
  } catch (err) {
    throw new Error(T('Mất liên lạc với máy chủ, chưa lưu được. Kiểm tra mạng rồi thử lại.', 'The server cannot be reached, nothing was saved. Check the network and try again.'));
  }
  const said = await answer.json().catch(function () { return null; });
  if (!answer.ok) {
    throw new Error(said && said.problem || T('Máy chủ từ chối (mã ' + answer.status + '). Tải lại trang rồi thử lại.', 'The server refused (' + answer.status + '). Reload the page and try again.'));
  }
  return said;
}

const takePath = function (line, n) { return '/takes/' + encodeURIComponent(line.id) + '/' + n; };

async function load(n) {
  const line = state.lines[at];
  try {
    const said = await send(takePath(line, n));
    if (line !== state.lines[at]) { return; }
    take = said.take;
    showTake();
  } catch (err) { say(err.message); }
}

// keep takes what the server says of a new or changed take.
function arrived(line, said) {
  showProgress(said.progress);
  if (!line.takes.includes(said.take.id)) { line.takes.push(said.take.id); }
  if (line.takes.length > 3) { line.takes = line.takes.slice(-3).concat(line.accepted && !line.takes.slice(-3).includes(line.accepted) ? [line.accepted] : []); }
  if (line === state.lines[at]) { take = said.take; showTake(); }
}

// Recording.

function heard(samples, rate) {
  const level = db(samples);
  $('level').style.width = Math.max(0, Math.min(100, (level + 60) / 60 * 100)) + '%';
  if (!live) { return; }
  const ms = samples.length / rate * 1000;
  if (mode === 'counting') {
    live.noise.push(level);
    return;
  }
  live.rate = rate;
  live.blocks.push(samples);
  live.total += ms;
  if (level > live.threshold) { live.speech += ms; live.silence = 0; } else { live.silence += ms; }
  const spoken = live.speech >= SPEECH_MS;
  if (spoken && live.silence >= SILENCE_MS && live.total >= live.least || !spoken && live.total > PATIENCE_MS || live.total > LONGEST_MS) { stop(); }
}

const pause = function (ms) { return new Promise(function (go) { setTimeout(go, ms); }); };

// record counts down, records until silence, and gives the blocks to done. A
// quiet beginning is for the microphone check, which wants to hear the room.
async function record(done, least, quiet) {
  if (mode === 'counting') { cancel(); return; }
  if (mode === 'live') { stop(); return; }
  if (mode === 'sending') { return; }
  mic.hush();
  mode = 'counting';
  const mine = live = { blocks: [], total: 0, speech: 0, silence: 0, noise: [], threshold: -45, rate: 48000, least: least, done: done };
  buttons();
  try {
    say(T('Xin phép dùng micrô…', 'Asking for the microphone…'));
    await mic.open();
  } catch (err) {
    if (live === mine) { cancel(); }
    say(T('Không dùng được micrô (' + err.name + '). Cắm micrô, bấm cho phép trong trình duyệt rồi bấm Thu lại.', 'The microphone cannot be used (' + err.name + '). Plug it in, allow it in the browser, and press Record again.'));
    return;
  }
  for (const step of quiet ? [] : ['3', '2', '1']) {
    if (live !== mine) { return; }
    say(step);
    await pause(COUNT_MS);
  }
  if (live !== mine) { return; }
  const levels = mine.noise.slice().sort(function (a, b) { return a - b; });
  const noise = levels.length ? levels[Math.floor(levels.length / 2)] : -60;
  mine.threshold = Math.max(-50, Math.min(-30, noise + 12));
  mode = 'live';
  buttons();
  if (quiet) {
    say(T('Giữ im lặng…', 'Silence, please…'), true);
    await pause(1200);
    if (live !== mine) { return; }
  }
  say(T('Đọc', 'Read'), true);
}

function cancel() { live = null; mode = 'idle'; buttons(); say(''); }

async function stop() {
  const was = live;
  if (!was || mode !== 'live') { return; }
  live = null;
  mode = 'sending';
  buttons();
  say(T('Đang lưu…', 'Saving…'));
  try {
    await was.done(wav(was.blocks, was.rate));
  } catch (err) { say(err.message); }
  mode = 'idle';
  buttons();
}

function buttons() {
  $('record').classList.toggle('live', mode === 'live' || mode === 'counting');
  $('record-words').textContent = mode === 'live' ? T('Dừng', 'Stop') : mode === 'counting' ? T('Hủy', 'Cancel') : T('Thu', 'Record');
  $('room-button').disabled = mode !== 'idle';
}

async function recordLine() {
  const line = state.lines[at];
  await record(async function (file) {
    const said = await send('/takes/' + encodeURIComponent(line.id), file, 'audio/wav');
    arrived(line, said);
    say(said.take.usable ? T('Đã lưu. Enter: giữ · R: đọc lại', 'Saved. Enter: keep · R: again') : T('Chưa đạt. R: đọc lại', 'Not good enough. R: again'));
    if ($('listen').checked && said.take.usable && line === state.lines[at]) { playClip('clip.wav').catch(function (err) { say(err.message); }); }
  }, 0, false);
}

async function accept() {
  const line = state.lines[at];
  if (!take || !take.usable || mode !== 'idle') { return; }
  try {
    const said = await send(takePath(line, take.id) + '/accept', '', 'application/json');
    line.accepted = take.id;
    showProgress(said.progress);
    step(1);
    $('record').focus();
  } catch (err) { say(err.message); }
}

function step(by) {
  if (mode === 'counting' || mode === 'live') { cancel(); }
  if (mode !== 'idle') { return; }
  mic.hush();
  at = Math.max(0, Math.min(state.lines.length - 1, at + by));
  show();
}

function nextOpen() {
  const after = state.lines.findIndex(function (l, i) { return i > at && !l.accepted; });
  const any = state.lines.findIndex(function (l) { return !l.accepted; });
  const to = after >= 0 ? after : any;
  if (to >= 0) { step(to - at); } else { say(T('Đã thu hết.', 'Everything is recorded.')); }
}

async function playClip(name) {
  if (!take) { return; }
  await mic.play(base + takePath(state.lines[at], take.id) + '/' + name + '?' + take.from_ms + '-' + take.to_ms);
}

// The other cards.

function showRoom(room) {
  if (!room) { $('room').textContent = T('Chưa kiểm tra. Nên kiểm tra trước khi thu.', 'Not checked yet. Better check before recording.'); return; }
  $('room').textContent = T('Tiếng nền ' + room.noise + ' dBFS, tiếng nói ' + room.speech + ' dBFS.', 'Room ' + room.noise + ' dBFS, speech ' + room.speech + ' dBFS.');
  list('room-findings', room.findings, T('Micrô và phòng đều tốt.', 'Microphone and room are fine.'));
}

async function checkRoom() {
  await record(async function (file) {
    const said = await send('/room', file, 'audio/wav');
    state.room = said.room;
    showProgress(said.progress);
    showRoom(said.room);
    say(!said.room.usable ? T('Kiểm tra xong: xem cách sửa ở mục Kiểm tra micrô.', 'Checked: see what to change under Microphone check.') :
      T('Kiểm tra xong: dùng được. ', 'Checked: usable. ') + said.drift);
  }, 2500, true);
}

async function hearCall(e) {
  e.preventDefault();
  $('call-words').textContent = T('Đang ghép…', 'Rendering…');
  try {
    const played = await mic.play(base + '/call.wav?ticket=' + encodeURIComponent($('ticket').value) + '&counter=' + encodeURIComponent($('counter').value));
    const others = decodeURIComponent(played.headers.get('X-Other-Voice') || ''), absent = decodeURIComponent(played.headers.get('X-Not-Spoken') || '');
    $('call-words').textContent = (others ? T('Giọng tạm đọc: ', 'Said by the placeholder: ') + others + '. ' : T('Toàn bộ là giọng đã thu. ', 'All in the recorded voice. ')) +
      (absent ? T('Chưa ai đọc được: ', 'Said by nobody: ') + absent + '.' : '');
  } catch (err) { $('call-words').textContent = err.message; }
}

async function uploadFiles(e) {
  const files = Array.from(e.target.files);
  const alone = $('alone').checked ? '?alone=1' : '';
  let good = 0;
  const bad = [];
  for (const file of files) {
    const name = file.name.replace(/\.wav$/i, '');
    const line = state.lines.find(function (l) { return l.id === name; }) || (files.length === 1 ? state.lines[at] : null);
    if (!line) { bad.push(file.name + ': ' + T('tên không phải mã câu', 'not the code of a sentence')); continue; }
    $('files-words').textContent = T('Đang tải lên ', 'Uploading ') + file.name;
    try {
      const said = await send('/takes/' + encodeURIComponent(line.id) + alone, file, 'audio/wav');
      arrived(line, said);
      good++;
      if (!said.take.usable) { bad.push(file.name + ': ' + said.take.findings.map(function (f) { return f.text; }).join(' ')); }
    } catch (err) { bad.push(file.name + ': ' + err.message); }
  }
  $('files-words').textContent = T('Đã lưu ' + good + ' / ' + files.length + ' tệp. Nghe rồi bấm Giữ từng câu. ', good + ' of ' + files.length + ' files saved. Listen, then keep each. ') + bad.join(' · ');
  e.target.value = '';
}

async function uploadLong(e) {
  const file = e.target.files[0];
  if (!file) { return; }
  $('files-words').textContent = T('Đang tải lên và tách câu…', 'Uploading and splitting…');
  try {
    const said = await send('/long?from=' + encodeURIComponent(state.lines[at].id), file, 'audio/wav');
    state.lines = said.state.lines;
    showProgress(said.state.progress);
    $('files-words').textContent = T('Đã tách được ' + said.takes.length + ' câu' + (said.left_out ? ', bỏ ' + said.left_out + ' đoạn không khớp' : '') + '. Nghe rồi bấm Giữ từng câu.',
      said.takes.length + ' sentences found' + (said.left_out ? ', ' + said.left_out + ' pieces fit nowhere' : '') + '. Listen, then keep each.');
    show();
  } catch (err) { $('files-words').textContent = err.message; }
  e.target.value = '';
}

function showPacked(packed) {
  const box = $('packed');
  box.textContent = '';
  $('use').hidden = !packed || !state.can_use;
  if (!packed) { return; }
  const p = document.createElement('p');
  p.className = 'note ' + (packed.ok ? 'ok' : 'warn');
  p.textContent = packed.words + ' ' + T(packed.clips + ' đoạn' + (packed.missing ? ', chưa thu ' + packed.missing : '') + '.', packed.clips + ' clips' + (packed.missing ? ', ' + packed.missing + ' not recorded' : '') + '.');
  box.append(p);
  const ul = document.createElement('ul');
  for (const f of packed.faults) {
    const li = document.createElement('li');
    li.textContent = f;
    ul.append(li);
  }
  if (packed.faults.length) { box.append(ul); }
}

async function press(path, working, shown) {
  $('packed').textContent = working;
  try { shown(await send(path, '', 'application/json')); } catch (err) { $('packed').textContent = err.message; }
}

// Keys.

function onKey(e) {
  if (e.ctrlKey || e.altKey || e.metaKey || e.isComposing || e.repeat) { return; }
  const where = e.target.tagName;
  if (where === 'INPUT' && e.target.type !== 'checkbox' || where === 'SELECT' || where === 'TEXTAREA' || where === 'SUMMARY' || where === 'A') { return; }
  const own = where !== 'BUTTON' && where !== 'INPUT' || e.target.id === 'record' || e.target.id === 'accept';
  if (e.key === 'Enter' && own) { if (take && take.usable) { e.preventDefault(); accept(); } return; }
  if (!$('keys-on').checked) { return; }
  if (e.key === ' ') { if (own) { e.preventDefault(); recordLine(); } return; }
  const does = { r: recordLine, p: function () { playClip('clip.wav'); }, a: function () { playClip('recording.wav'); }, n: nextOpen,
    ArrowLeft: function () { step(-1); }, ArrowRight: function () { step(1); } }[e.key.length === 1 ? e.key.toLowerCase() : e.key];
  if (does) { e.preventDefault(); does(); }
}

// Begin.

for (const g of state.groups) {
  const lines = state.lines.filter(function (l) { return l.group === g.id; });
  if (!lines.length) { continue; }
  const o = document.createElement('option');
  o.value = g.id;
  o.textContent = g.name + ' (' + lines.length + ')' + (g.essential ? '' : T(' – không bắt buộc', ' – optional'));
  $('jump').append(o);
}
$('jump').addEventListener('change', function () {
  const first = state.lines.findIndex(function (l) { return l.group === $('jump').value && !l.accepted; });
  const any = state.lines.findIndex(function (l) { return l.group === $('jump').value; });
  step((first >= 0 ? first : any) - at);
});
$('record').addEventListener('click', recordLine);
$('redo').addEventListener('click', recordLine);
$('accept').addEventListener('click', accept);
$('play').addEventListener('click', function () { playClip('clip.wav').catch(function (err) { say(err.message); }); });
$('play-all').addEventListener('click', function () { playClip('recording.wav').catch(function (err) { say(err.message); }); });
$('back').addEventListener('click', function () { step(-1); });
$('next').addEventListener('click', function () { step(1); });
$('open').addEventListener('click', nextOpen);
$('room-button').addEventListener('click', checkRoom);
$('call').addEventListener('submit', hearCall);
$('one').addEventListener('change', uploadFiles);
$('long').addEventListener('change', uploadLong);
$('finish').addEventListener('click', function () { press('/finish', T('Đang tạo giọng… (khoảng nửa phút)', 'Making the voice… (half a minute)'), function (p) { state.packed = p; showPacked(p); }); });
$('use').addEventListener('click', function () { press('/use', T('Đang đổi giọng…', 'Changing the voice…'), function (d) { $('packed').textContent = d.done; }); });
for (const id of ['from', 'to']) {
  $(id).addEventListener('input', draw);
  $(id).addEventListener('change', async function () {
    const line = state.lines[at];
    try {
      arrived(line, await send(takePath(line, take.id) + '/cut', JSON.stringify({ from_ms: Number($('from').value), to_ms: Number($('to').value) }), 'application/json'));
      say(T('Đã đổi chỗ cắt.', 'The cut has moved.'));
    } catch (err) { say(err.message); showTake(); }
  });
}
document.addEventListener('keydown', onKey);
if (!Microphone.available()) {
  $('insecure').hidden = false;
  $('local').textContent = 'http://localhost' + (location.port ? ':' + location.port : '') + location.pathname;
  $('record').disabled = true;
  $('room-button').disabled = true;
}
showProgress(state.progress);
showRoom(state.room);
showPacked(state.packed);
const firstOpen = state.lines.findIndex(function (l) { return !l.accepted; });
at = Math.max(0, firstOpen);
show();
document.documentElement.dataset.ready = 'yes';
