// The board's loudspeaker. A page includes this module:
//
//   <script type="module" src="/announce/player.js"></script>
//
// It plays calls one after another and dispatches on document
// "xinmoi:call-started" and "xinmoi:call-finished" with the call
// {id, text, number, counter, reading, duration_ms, calls, heard} as detail; heard
// tells whether sound came with it, calls are all numbers {number, counter,
// at_ms} of one announcement. "xinmoi:call-shown" is a call that is to be shown
// without waiting for its voice. A call that the server cuts (an emergency) fades
// out, and the next one begins. The page's ?zone= says whose sound it plays. While
// the browser blocks sound it shows the button #sound (or makes one) and only
// dispatches the events, in time.

const root = new URL('.', import.meta.url);
const maxWaiting = 8; // Calls; a page that was asleep drops the oldest.
const AudioCtx = window.AudioContext || window.webkitAudioContext;

const fadeOut = 0.03; // Seconds in which a call that is cut falls silent.

const waiting = [];
let current = null; // The call of this moment: {id, halted, halt}.
let listener = '';
let busy = false;
let context = null;
let readyFor = ''; // Listener id that was reported as ready.

function running() {
  return context !== null && context.state === 'running';
}

function dispatch(name, call, heard) {
  document.dispatchEvent(new CustomEvent('xinmoi:' + name, { detail: Object.assign({ heard }, call) }));
}

function ack(id, phase) {
  return fetch(new URL('ack/' + encodeURIComponent(id), root), {
    method: 'POST',
    credentials: 'same-origin',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ phase, listener }),
  }).catch(() => {}); // The server notices by itself that nothing came.
}

function reportReady() {
  if (listener && running() && readyFor !== listener) {
    readyFor = listener;
    ack('page', 'ready');
  }
}

function sleep(ms) {
  return new Promise((done) => setTimeout(done, ms));
}

// decode works with the callback form that old TV browsers have.
function decode(bytes) {
  return new Promise((done, fail) => {
    const promise = context.decodeAudioData(bytes, done, fail);
    if (promise && promise.catch) promise.catch(fail);
  });
}

async function sound(call) {
  const answer = await fetch(new URL(call.url, root));
  if (!answer.ok) throw new Error('HTTP ' + answer.status);
  const buffer = await decode(await answer.arrayBuffer());
  const now = current;
  if (now.halted) return;
  const source = context.createBufferSource();
  const gain = context.createGain();
  source.buffer = buffer;
  source.connect(gain);
  gain.connect(context.destination);
  const ended = new Promise((done) => { source.onended = done; });
  now.halt = () => {
    gain.gain.setValueAtTime(1, context.currentTime);
    gain.gain.linearRampToValueAtTime(0, context.currentTime + fadeOut);
    source.stop(context.currentTime + fadeOut);
  };
  source.start();
  ack(call.id, 'started');
  // onended never comes if the device vanishes; do not wait for ever.
  const over = await Promise.race([ended.then(() => true), sleep(call.duration_ms + 4000).then(() => false)]);
  if (now.halted) return;
  if (!over) throw new Error('the sound did not end');
  ack(call.id, 'finished');
}

// show waits for the length of a call that somebody else says.
function show(call) {
  return new Promise((done) => { current.halt = done; setTimeout(done, call.duration_ms); });
}

// halt ends a call before its time, or before it began.
function halt(id) {
  for (let i = waiting.length - 1; i >= 0; i--) {
    if (waiting[i].id === id) waiting.splice(i, 1);
  }
  if (current === null || current.id !== id || current.halted) return;
  current.halted = true;
  if (current.halt) current.halt();
}

async function play(call) {
  current = { id: call.id, halted: false, halt: null };
  const heard = running() && call.url !== '';
  dispatch('call-started', call, heard);
  try {
    if (heard) await sound(call);
    else await show(call);
  } catch (error) {
    console.warn('xinmoi: call not played', error);
    readyFor = '';
    await ack(call.id, 'failed');
    await sleep(1000);
    reportReady();
  }
  dispatch('call-finished', call, heard);
}

async function pump() {
  if (busy) return;
  busy = true;
  while (waiting.length > 0) await play(waiting.shift());
  busy = false;
}

function soundButton() {
  let button = document.getElementById('sound');
  if (!button) {
    button = document.createElement('button');
    button.id = 'sound';
    button.type = 'button';
    button.style.cssText = 'position:fixed;right:1rem;bottom:1rem;z-index:1000;padding:1rem 1.5rem;font-size:1.5rem';
    document.body.append(button);
  }
  if (!button.textContent.trim()) button.textContent = '🔊 Bật âm thanh (turn sound on)';
  return button;
}

function showState() {
  const on = running();
  document.documentElement.dataset.sound = on ? 'on' : 'off';
  soundButton().hidden = on || !AudioCtx;
  reportReady();
}

function unlock() {
  if (!AudioCtx) return;
  if (!context) {
    context = new AudioCtx();
    context.onstatechange = showState;
  }
  const resumed = context.resume ? context.resume() : null;
  if (resumed && resumed.then) resumed.then(showState, showState);
  showState();
}

function zone() {
  const found = /[?&]zone=([a-z0-9-]+)/.exec(location.search);
  return found ? '?zone=' + found[1] : '';
}

function connect(delay) {
  const stream = new EventSource(new URL('stream' + zone(), root));
  stream.addEventListener('hello', (e) => {
    listener = JSON.parse(e.data).listener;
    delay = 1000;
    reportReady();
  });
  stream.addEventListener('call', (e) => {
    waiting.push(JSON.parse(e.data));
    while (waiting.length > maxWaiting) waiting.shift();
    pump();
  });
  stream.addEventListener('cut', (e) => halt(JSON.parse(e.data).id));
  stream.addEventListener('shown', (e) => dispatch('call-shown', JSON.parse(e.data), false));
  stream.onerror = () => {
    listener = '';
    if (stream.readyState !== EventSource.CLOSED) return; // It tries again by itself.
    stream.close();
    setTimeout(() => connect(Math.min(delay * 2, 30000)), delay);
  };
}

soundButton().addEventListener('click', unlock);
for (const gesture of ['pointerdown', 'keydown']) {
  document.addEventListener(gesture, () => { if (!running()) unlock(); });
}
unlock();
connect(1000);
