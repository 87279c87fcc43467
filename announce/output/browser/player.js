// The board's loudspeaker. A page includes this script after its own:
//
//   <script src="/announce/player.js"></script>
//
// It plays calls one after another and dispatches on document
// "xinmoi:call-started" and "xinmoi:call-finished" with the call
// {id, text, number, counter, reading, duration_ms, calls, heard} as detail; heard
// tells whether sound came with it, calls are all numbers {number, counter,
// at_ms} of one announcement. "xinmoi:call-shown" is a call that is to be shown
// without waiting for its voice; "xinmoi:listening" {on} tells whether calls come
// here at all. A call that the server cuts (an emergency) fades out, and the next
// one begins. The attribute data-zone of #sound, or the page's ?zone=, says whose
// sound it plays. While the browser blocks sound it shows the button #sound (or
// makes one) and only dispatches the events, in time.
//
// Written for TV browsers of 2015: no modules, no promises, nothing younger than
// Web Audio and server-sent events.
(function () {
  'use strict';

  var ROOT = '/announce/';
  var MOST_WAITING = 8; // Calls; a page that was asleep drops the oldest.
  var FADE_OUT = 0.03;  // Seconds in which a call that is cut falls silent.
  var GRACE_MS = 4000;  // A sound that does not end is given up so late.
  var LOAD_MS = 10000;  // A sound that does not come holds up the calls behind it no longer.
  var RETRY_MIN_MS = 1000;
  var RETRY_MAX_MS = 30000;
  var AudioCtx = window.AudioContext || window.webkitAudioContext;

  var waiting = [];
  var current = null; // The call of this moment: {id, halted, halt}.
  var listener = '';
  var context = null;
  var readyFor = '';  // Listener id that was reported as ready.

  function running() { return context !== null && context.state !== 'suspended' && context.state !== 'closed'; }

  function dispatch(name, detail) {
    var e = document.createEvent('CustomEvent');
    e.initCustomEvent('xinmoi:' + name, false, false, detail);
    document.dispatchEvent(e);
  }

  function tell(name, call, heard) {
    var detail = { heard: heard };
    Object.keys(call).forEach(function (key) { detail[key] = call[key]; });
    dispatch(name, detail);
  }

  // ack reports to the server, which notices by itself when nothing comes.
  function ack(id, phase) {
    var r = new XMLHttpRequest();
    r.open('POST', ROOT + 'ack/' + encodeURIComponent(id));
    r.setRequestHeader('Content-Type', 'application/json');
    r.send(JSON.stringify({ phase: phase, listener: listener }));
  }

  function reportReady() {
    if (listener && running() && readyFor !== listener) {
      readyFor = listener;
      ack('page', 'ready');
    }
  }

  // once lets the first of several ends count.
  function once(f) {
    var done = false;
    return function (value) { if (!done) { done = true; f(value); } };
  }

  // load fetches and decodes a sound.
  function load(url, done, fail) {
    var r = new XMLHttpRequest();
    r.open('GET', url);
    r.responseType = 'arraybuffer';
    r.timeout = LOAD_MS;
    r.onerror = r.ontimeout = function () { fail('no answer'); };
    r.onload = function () {
      if (r.status !== 200) { fail('HTTP ' + r.status); return; }
      var promise = context.decodeAudioData(r.response, done, fail);
      if (promise && promise.then) { promise.then(null, fail); }
    };
    r.send();
  }

  // sound plays a call; over(null) when it is done or cut, over(why) if it failed.
  function sound(call, over) {
    var now = current;
    over = once(over);
    now.halt = function () { over(null); };
    load(call.url, once(function (buffer) {
      if (now.halted) { return; }
      var source = context.createBufferSource();
      var gain = context.createGain();
      source.buffer = buffer;
      source.connect(gain);
      gain.connect(context.destination);
      var late = setTimeout(function () { over('the sound did not end'); }, call.duration_ms + GRACE_MS);
      source.onended = function () {
        clearTimeout(late);
        gain.disconnect();
        if (!now.halted) { ack(call.id, 'finished'); }
        over(null);
      };
      now.halt = function () {
        gain.gain.setValueAtTime(1, context.currentTime);
        gain.gain.linearRampToValueAtTime(0, context.currentTime + FADE_OUT);
        source.stop(context.currentTime + FADE_OUT);
      };
      source.start();
      ack(call.id, 'started');
    }), over);
  }

  // show waits for the length of a call that somebody else says.
  function show(call, over) {
    over = once(over);
    var timer = setTimeout(over, call.duration_ms, null);
    current.halt = function () { clearTimeout(timer); over(null); };
  }

  // halt ends a call before its time, or before it began.
  function halt(id) {
    waiting = waiting.filter(function (call) { return call.id !== id; });
    if (current === null || current.id !== id || current.halted) { return; }
    current.halted = true;
    if (current.halt) { current.halt(); }
  }

  function play(call) {
    current = { id: call.id, halted: false, halt: null };
    var heard = running() && call.url !== '';
    tell('call-started', call, heard);
    (heard ? sound : show)(call, function (wrong) {
      if (!wrong) { finish(call, heard); return; }
      if (window.console) { console.warn('xinmoi: call not played', wrong); }
      readyFor = '';
      ack(call.id, 'failed');
      setTimeout(function () { reportReady(); finish(call, heard); }, 1000);
    });
  }

  function finish(call, heard) {
    current = null;
    tell('call-finished', call, heard);
    pump();
  }

  function pump() { if (current === null && waiting.length > 0) { play(waiting.shift()); } }

  function soundButton() {
    var button = document.getElementById('sound');
    if (!button) {
      button = document.createElement('button');
      button.id = 'sound';
      button.type = 'button';
      button.style.cssText = 'position:fixed;right:1rem;bottom:1rem;z-index:1000;padding:1rem 1.5rem;font-size:1.5rem';
      document.body.appendChild(button);
    }
    if (!button.textContent.trim()) { button.textContent = '🔊 Bật âm thanh (turn sound on)'; }
    return button;
  }

  function showState() {
    var on = running();
    document.documentElement.setAttribute('data-sound', on ? 'on' : 'off');
    soundButton().hidden = on || !AudioCtx;
    reportReady();
  }

  function unlock() {
    if (!AudioCtx) { return; }
    if (!context) {
      context = new AudioCtx();
      context.onstatechange = showState;
    }
    var resumed = context.resume ? context.resume() : null;
    if (resumed && resumed.then) { resumed.then(showState, showState); }
    showState();
  }

  function zone() {
    var named = soundButton().getAttribute('data-zone');
    var found = /[?&]zone=([a-z0-9-]+)/.exec(location.search);
    var id = found ? found[1] : named;
    return id ? '?zone=' + encodeURIComponent(id) : '';
  }

  function connect(delay) {
    var stream = new EventSource(ROOT + 'stream' + zone());
    stream.addEventListener('hello', function (e) {
      listener = JSON.parse(e.data).listener;
      delay = RETRY_MIN_MS;
      dispatch('listening', { on: true });
      reportReady();
    });
    stream.addEventListener('call', function (e) {
      waiting.push(JSON.parse(e.data));
      while (waiting.length > MOST_WAITING) { waiting.shift(); }
      pump();
    });
    stream.addEventListener('cut', function (e) { halt(JSON.parse(e.data).id); });
    stream.addEventListener('shown', function (e) { tell('call-shown', JSON.parse(e.data), false); });
    stream.onerror = function () {
      listener = '';
      dispatch('listening', { on: false });
      if (stream.readyState !== EventSource.CLOSED) { return; } // It tries again by itself.
      stream.close();
      setTimeout(function () { connect(Math.min(delay * 2, RETRY_MAX_MS)); }, delay);
    };
  }

  if (!window.EventSource) { return; }
  soundButton().addEventListener('click', unlock);
  ['pointerdown', 'touchstart', 'keydown'].forEach(function (gesture) {
    document.addEventListener(gesture, function () { if (!running()) { unlock(); } });
  });
  unlock();
  connect(RETRY_MIN_MS);
}());
