// The board of the hall, or over one counter: shows what the server sends,
// flashes what is newly called, and says nothing older than it is. The voice
// leads: a new number appears when it is called out, not before.
//
// Written for TV browsers of 2015, and meant to run for years: every timer and
// every list here has an end, and nothing is kept of what was shown.
(function () {
  'use strict';

  var FLASH_MS = 5000;      // Longest flashing of one call.
  var BANNER_MS = 8000;     // A silent call stays so long in the head line.
  var VOICE_WAIT_MS = 5000; // So long a call waits for its voice …
  var VOICE_MOST_MS = 20000; // … and so long while others are called out.
  var STALE_MS = 25000;
  var LOST_MS = 5000;       // Old, when the connection is gone as well.
  var PAGE_MS = 6000;       // A page of seats, where they do not fit together.
  var TICKER_MS = 9000;
  var ASK_MS = 15000;       // An answer is not waited for longer.
  var SETTLE_MS = 30000;    // A board is not loaded anew more often.
  var DIGIT_EM = 0.714;     // Height of a digit, of the font's size.
  var LATELY_MS = 30000;
  var LATELY_MOST = 32;
  var PHONE_PX = 700;       // Narrower screens scroll.

  var board = document.getElementById('board');
  var hall = document.getElementById('hall');
  var banner = document.getElementById('banner');
  var say = document.getElementById('say');
  var offline = document.getElementById('offline');
  var clock = document.getElementById('clock');
  var date = document.getElementById('date');
  var english = document.documentElement.lang === 'en';

  var skew = 0;             // Server's clock minus ours.
  var offset = -new Date().getTimezoneOffset() * 60000; // Office's zone.
  var born = Date.now();
  var voiced = false;       // The loudspeaker tells us of every call.
  var speaking = null;      // What it says at this moment.
  var turns = [];           // Timers of the numbers of one announcement.
  var held = {};            // Counter → call that waits for its voice.
  var lately = [];          // What was called out last; its picture may come after its sound.
  var bannerTimer = 0;
  var reloadTimer = 0;
  var told = '';            // Notices that were read out.
  var known = {};           // Calls that are on the board.
  var lit = {};             // Of these, those that flash.

  function each(list, f) { Array.prototype.forEach.call(list, f); }
  function all(selector, within) { return Array.prototype.slice.call((within || hall).querySelectorAll(selector)); }
  function attr(node, name) { return node.getAttribute(name) || ''; }
  function seats() { return all('.seat[data-key]'); }

  function seatOf(number, counter) {
    return seats().filter(function (seat) {
      return attr(seat, 'data-number') === number && (!counter || attr(seat, 'data-counter') === counter);
    })[0];
  }

  // ---- What comes from the server.

  // show replaces the hall and treats every key not seen before as a new call.
  function show(data) {
    var now = Date.now();
    var before = {};
    all('.seat').forEach(function (seat) { before[attr(seat, 'data-counter')] = seat; });
    hall.innerHTML = data.html;
    var fresh = {};
    var waiting = {};
    var calls = [];
    var at = {};            // Number → the counter where it is now.
    seats().forEach(function (seat) { at[attr(seat, 'data-number')] = attr(seat, 'data-counter'); });
    seats().forEach(function (seat) {
      var key = attr(seat, 'data-key');
      var counter = attr(seat, 'data-counter');
      fresh[key] = true;
      if (lit[key] && attr(seat, 'data-calling')) { seat.classList.add('calling'); }
      if (known[key] || !attr(seat, 'data-calling')) { return; }
      var number = attr(seat, 'data-number');
      if (voiced && !spoken(number, counter)) {
        var was = held[counter]; // Called again meanwhile, it does not wait anew.
        waiting[counter] = { key: key, since: was && attr(was.seat, 'data-number') === number ? was.since : now, seat: seat };
        seat.parentNode.replaceChild(stays(before[counter], at) || blank(seat), seat);
      } else { calls.push(seat); }
    });
    held = waiting;
    Object.keys(held).forEach(function (counter) { delete fresh[held[counter].key]; });
    known = fresh;
    fit();
    mark();
    calls.forEach(announce);
    notices();
    renew(data.version);
  }

  // stays gives the seat that a counter had, unless its number is at another
  // counter by now.
  function stays(old, at) {
    var elsewhere = old && at[attr(old, 'data-number')];
    return elsewhere && elsewhere !== attr(old, 'data-counter') ? null : old;
  }

  // blank is the seat of a counter that was not on the board yet.
  function blank(seat) {
    var empty = seat.cloneNode(true);
    ['data-number', 'data-key', 'data-calling', 'data-said'].forEach(function (name) { empty.removeAttribute(name); });
    empty.className = 'seat';
    empty.querySelector('.number').textContent = '–';
    empty.querySelector('.under').textContent = '';
    return empty;
  }

  // note remembers for a while that a number was called out, or will not be.
  function note(target) {
    lately.push({ number: target.number, counter: target.counter, at: Date.now() });
    if (lately.length > LATELY_MOST) { lately.shift(); }
  }

  // spoken reports whether a number was called out just now.
  function spoken(number, counter) {
    return lately.some(function (call) {
      return call.number === number && call.counter === counter && Date.now() - call.at < LATELY_MS;
    });
  }

  // release lets a call that waited for its voice onto the board.
  function release(counter) {
    var call = held[counter];
    if (!call) { return null; }
    delete held[counter];
    known[call.key] = true;
    var old = all('.seat').filter(function (seat) { return attr(seat, 'data-counter') === counter; })[0];
    if (!old) { return null; }
    old.parentNode.replaceChild(call.seat, old);
    fit();
    return call.seat;
  }

  // patience shows the calls whose voice stays away.
  function patience() {
    var now = Date.now();
    Object.keys(held).forEach(function (counter) {
      var waited = now - held[counter].since;
      if (waited > VOICE_MOST_MS || (waited > VOICE_WAIT_MS && !speaking) || !voiced) {
        var seat = release(counter);
        if (seat) { announce(seat); }
      }
    });
  }

  // notices reads out to screen readers what staff tell the hall, once.
  function notices() {
    var texts = all('.notice').map(function (p) { return p.textContent; }).join(' ');
    if (texts && texts !== told) { say.textContent = texts; }
    told = texts;
  }

  // renew loads the board anew when its settings have changed.
  function renew(version) {
    if (!version || version === attr(board, 'data-version') || reloadTimer) { return; }
    var wait = Math.max(0, SETTLE_MS - (Date.now() - born)) + Math.random() * 2000;
    reloadTimer = setTimeout(function () { location.reload(); }, wait);
  }

  // ---- Calls.

  function announce(seat) {
    flash(seat);
    if (!speaking) { head(attr(seat, 'data-said'), BANNER_MS); }
  }

  function flash(seat) {
    var key = attr(seat, 'data-key');
    turnTo(seat);
    seat.classList.add('calling');
    lit[key] = true;        // Also when the hall is replaced meanwhile.
    setTimeout(function () {
      delete lit[key];
      seats().forEach(function (s) { if (attr(s, 'data-key') === key) { s.classList.remove('calling'); } });
    }, FLASH_MS);
  }

  // head shows one call in place of the office's name, and to screen readers.
  function head(text, ms) {
    clearTimeout(bannerTimer);
    if (!text) { return; }
    banner.textContent = text;
    banner.className = text.length > 60 ? 'long' : '';
    banner.hidden = false;
    say.textContent = text;
    if (ms) { bannerTimer = setTimeout(unhead, ms); }
  }

  function unhead() { banner.hidden = true; banner.textContent = ''; }

  // mark keeps the spoken number lit, also when the hall was replaced meanwhile.
  function mark() {
    seats().forEach(function (seat) { seat.classList.remove('speaking'); });
    var seat = speaking && seatOf(speaking.number, speaking.counter);
    if (seat) { seat.classList.add('speaking'); turnTo(seat); }
  }

  // targets are the numbers of one announcement; several were merged into it.
  function targets(call) {
    if (call.calls && call.calls.length) { return call.calls; }
    return call.number ? [{ number: call.number, counter: call.counter, at_ms: 0 }] : [];
  }

  // speak lights one number while it is read.
  function speak(target) {
    speaking = { number: String(target.number || ''), counter: String(target.counter || '') };
    note(speaking);
    var call = held[speaking.counter];
    var seat = call && attr(call.seat, 'data-number') === speaking.number ? release(speaking.counter) : null;
    if (seat) { flash(seat); }
    mark();
  }

  document.addEventListener('xinmoi:listening', function (e) { voiced = e.detail.on; patience(); });

  document.addEventListener('xinmoi:call-started', function (e) {
    turns.forEach(clearTimeout);
    turns = [];
    speaking = { number: '', counter: '' };
    targets(e.detail).forEach(function (target) {
      if (target.at_ms > 0) { turns.push(setTimeout(function () { speak(target); }, target.at_ms)); } else { speak(target); }
    });
    head(e.detail.text || speaking.number, 0);
  });

  // A call that nobody will say, or that is said where we cannot hear it: no
  // waiting for its voice.
  document.addEventListener('xinmoi:call-shown', function (e) {
    targets(e.detail).forEach(function (target) {
      var counter = String(target.counter);
      note({ number: String(target.number), counter: counter });
      var call = held[counter];
      if (!call || attr(call.seat, 'data-number') !== String(target.number)) { return; }
      var seat = release(counter);
      if (!seat) { return; }
      flash(seat);
      if (!speaking) { head(e.detail.text, BANNER_MS); }
    });
  });

  document.addEventListener('xinmoi:call-finished', function () {
    speaking = null;
    turns.forEach(clearTimeout);
    turns = [];
    clearTimeout(bannerTimer);
    bannerTimer = setTimeout(unhead, 1500);
    mark();
  });

  // ---- Size: as large as there is room, and never smaller than the distance asks.

  var page = 0;
  var pages = [];           // Seats of each page; none = all fit.
  var turned = Date.now();  // When the page was turned last.

  // least is the size of the font, in pixels, at which digits have the height
  // that is read in comfort from where people wait.
  function least() {
    var across = Math.sqrt(window.innerWidth * window.innerWidth + window.innerHeight * window.innerHeight);
    var diagonal = Number(attr(board, 'data-diagonal')) || 1397;
    return Number(attr(board, 'data-digit')) / DIGIT_EM * across / diagonal;
  }

  // breadth is the longest line of the seats, in ems.
  function breadth(list, one) {
    var most = 0;
    list.forEach(function (seat) {
      var counter = one ? 0 : attr(seat, 'data-counter').length * 0.62 + 0.7;
      most = Math.max(most, (attr(seat, 'data-number') || 'A000').length * 0.64 + counter + (seat.querySelector('.turn') ? 0.85 : 0) + 0.5);
    });
    return most;
  }

  // best is the largest size at which n seats fit into a box.
  function best(n, width, height, wide, tall) {
    var found = { size: 0, columns: 1 };
    for (var columns = 1; columns <= 10 && columns <= n; columns++) {
      var rows = Math.ceil(n / columns);
      var size = Math.min(width / columns / wide, height / rows / tall);
      if (size > found.size * 1.02) { found = { size: size, columns: columns }; }
    }
    return found;
  }

  function fit() {
    var list = hall.querySelector('.seats');
    var hint = document.getElementById('pages');
    pages = [];
    if (!list) { return; }
    var cells = all('.seat', list);
    if (window.innerWidth < PHONE_PX) { plain(list, cells, hint); return; }
    list.classList.add('fit');
    list.classList.remove('tight');
    list.classList.remove('bare');
    if (hint) { hint.hidden = true; }
    cells.forEach(function (seat) { seat.style.display = 'none'; seat.style.order = ''; });
    var width = list.clientWidth - 2;
    var height = list.clientHeight - 2;
    var one = list.classList.contains('one');
    var wide = breadth(cells, one);
    var min = least();
    var where = list.querySelector('.where');
    var tall = 1.6;         // Height of a seat, in ems: the line and what is under it.
    var found = best(cells.length, width, height, wide, tall);
    if (!one && found.size < min) { // No room for the state in words, then none for the place.
      list.classList.add('tight');
      tall = where ? 1.6 : 1.22;
      found = best(cells.length, width, height, wide, tall);
    }
    if (!one && where && found.size < min) {
      list.classList.add('bare');
      tall = 1.22;
      found = best(cells.length, width, height, wide, tall);
    }
    var size = Math.min(found.size, height * (one ? 0.72 : 0.5));
    var columns = found.columns;
    if (size < min && !one) { // They do not fit: page after page.
      size = Math.min(min, width / wide);
      if (hint) { // Its room is taken from theirs.
        hint.textContent = attr(hint, 'data-words') + ' 1/2';
        hint.hidden = false;
        height = list.clientHeight - 2;
      }
      columns = Math.max(1, Math.floor(width / (size * wide)));
      var rows = Math.max(1, Math.floor(height / (size * tall)));
      cells = urgent(cells);
      for (var i = 0; i < cells.length; i += columns * rows) { pages.push(cells.slice(i, i + columns * rows)); }
      if (hint) { hint.hidden = pages.length < 2; }
    }
    list.style.fontSize = size.toFixed(2) + 'px';
    heads(columns);
    var cell = Math.floor(width / columns) - 4;
    var line = pages.length ? size * tall : Math.min(height / Math.ceil(cells.length / columns), size * tall * 1.3);
    cells.forEach(function (seat) {
      seat.style.width = cell + 'px';
      seat.style.height = Math.floor(line) - 4 + 'px';
      seat.style.display = '';
    });
    turn(page);
  }

  // urgent puts who is called before who is served; counters without a number
  // wait until there is room again.
  function urgent(cells) {
    var busy = cells.filter(function (seat) { return attr(seat, 'data-number'); });
    var called = busy.filter(function (seat) { return attr(seat, 'data-calling'); });
    var list = called.concat(busy.filter(function (seat) { return !attr(seat, 'data-calling'); }));
    list.forEach(function (seat, i) { seat.style.order = String(i); });
    return list;
  }

  // plain leaves a phone to scroll.
  function plain(list, cells, hint) {
    list.classList.remove('fit');
    list.style.fontSize = '';
    if (hint) { hint.hidden = true; }
    cells.forEach(function (seat) { seat.style.width = seat.style.height = seat.style.display = ''; });
  }

  function heads(columns) {
    all('.heads p').forEach(function (p, i) { p.style.display = i < columns && columns <= 3 ? 'flex' : 'none'; });
  }

  // turn shows one page of the seats.
  function turn(to) {
    if (pages.length < 2) { page = 0; return; }
    page = to % pages.length;
    pages.forEach(function (cells, i) {
      cells.forEach(function (seat) { seat.style.display = i === page ? '' : 'none'; });
    });
    var hint = document.getElementById('pages');
    if (hint) { hint.textContent = attr(hint, 'data-words') + ' ' + (page + 1) + '/' + pages.length; }
  }

  // turnTo shows the page of a seat, and lets it be looked at.
  function turnTo(seat) {
    pages.forEach(function (cells, i) { if (cells.indexOf(seat) >= 0) { turn(i); turned = Date.now(); } });
  }

  // rotate turns the page, however often the hall is replaced.
  function rotate() {
    if (pages.length > 1 && !speaking && Date.now() - turned >= PAGE_MS) { turn(page + 1); turned = Date.now(); }
  }

  // ---- Sentences, pictures and videos.

  var sentences = all('#ticker li', board);
  var sentence = 0;
  function nextSentence() {
    sentences[sentence].hidden = true;
    sentence = (sentence + 1) % sentences.length;
    sentences[sentence].hidden = false;
  }

  function playlist(media) {
    var list;
    try { list = JSON.parse(attr(media, 'data-list')); } catch (err) { return; }
    var picture = document.getElementById('picture');
    var video = document.getElementById('video');
    var at = -1;
    var timer = 0;
    var failed = 0;         // In a row; a list of nothing but broken files is tried slowly.
    var moved = 0;          // When the video moved last.

    function later(ms) { clearTimeout(timer); timer = setTimeout(next, ms); }
    function broken() { failed += 1; later(failed < list.length ? 500 : 30000); }

    function next() {
      at = (at + 1) % list.length;
      var item = list[at];
      if (item.video) { film(item); } else { still(item); }
    }
    function still(item) {
      later(item.ms);
      if (list.length === 1 && attr(picture, 'src') === item.src) { clearTimeout(timer); return; }
      picture.alt = item.alt;
      picture.src = item.src;
    }
    function film(item) {
      if (attr(video, 'src') !== item.src) { video.src = item.src; video.load(); } else { video.currentTime = 0; }
      video.muted = true;
      video.loop = list.length === 1;
      moved = Date.now();
      if (item.ms && list.length > 1) { later(item.ms); } else { clearTimeout(timer); }
      var playing = video.play();
      if (playing && playing.then) { playing.then(null, function () {}); }
    }
    picture.addEventListener('load', function () {
      failed = 0;
      picture.hidden = false;
      video.hidden = true;
      if (!video.paused) { video.pause(); }
    });
    picture.addEventListener('error', broken);
    video.addEventListener('timeupdate', function () {
      moved = Date.now();
      if (video.hidden && list[at].video) { failed = 0; video.hidden = false; picture.hidden = true; }
    });
    video.addEventListener('ended', next);
    video.addEventListener('error', broken);
    setInterval(function () { // A decoder that hangs.
      if (list[at].video && Date.now() - moved > 20000) { moved = Date.now(); broken(); }
    }, 5000);
    next();
  }

  // ---- Time, and what is old.

  var DAYS = english ? ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']
    : ['Chủ nhật', 'Thứ Hai', 'Thứ Ba', 'Thứ Tư', 'Thứ Năm', 'Thứ Sáu', 'Thứ Bảy'];

  function two(n) { return (n < 10 ? '0' : '') + n; }
  function local(ms) { return new Date(ms + skew + offset); } // Its UTC fields are the office's.
  function hours(t) { return two(t.getUTCHours()) + ':' + two(t.getUTCMinutes()); }
  function set(node, text) { if (node && node.textContent !== text) { node.textContent = text; } }

  function tick() {
    var t = local(Date.now());
    set(clock, hours(t));
    set(date, DAYS[t.getUTCDay()] + ', ' + two(t.getUTCDate()) + '/' + two(t.getUTCMonth() + 1) + '/' + t.getUTCFullYear());
  }

  function age(ms) {
    var s = Math.round(ms / 1000);
    return s < 120 ? attr(offline, 'data-seconds').replace('%s', s) : attr(offline, 'data-minutes').replace('%s', Math.round(s / 60));
  }

  function state(connected, ageMs) {
    var old = connected ? ageMs >= STALE_MS : ageMs >= LOST_MS;
    if (old) { set(offline, attr(offline, 'data-words') + ' ' + hours(local(Date.now() - ageMs)) + ' (' + age(ageMs) + ')'); }
    offline.hidden = !old;
    if (old !== board.classList.contains('stale')) { board.classList.toggle('stale'); }
    tick();
    patience();
    rotate();
  }

  function ping(data) { skew = data.at - Date.now(); offset = data.offset_s * 1000; tick(); }

  // Without live connections (very old browsers) the board asks.
  function ask() {
    var fresh = Date.now();
    var pending = null;     // One question at a time: no old answer after a newer one.
    var asked = 0;
    function once() {
      if (pending && Date.now() - asked < ASK_MS) { return; }
      if (pending) { pending.abort(); }
      var r = new XMLHttpRequest();
      pending = r;
      asked = Date.now();
      r.onloadend = function () { if (r === pending) { pending = null; } };
      r.onload = function () {
        if (r !== pending || r.status !== 200) { return; }
        var data = JSON.parse(r.responseText);
        fresh = Date.now();
        ping(data);
        show(data.board);
      };
      r.open('GET', attr(board, 'data-latest'));
      r.send();
    }
    once();
    setInterval(once, 5000);
    setInterval(function () { state(true, Date.now() - fresh); }, 1000);
  }

  // ---- Start.

  seats().forEach(function (seat) { known[attr(seat, 'data-key')] = true; });
  fit();
  tick();
  var resize = 0;
  window.addEventListener('resize', function () { clearTimeout(resize); resize = setTimeout(fit, 200); });
  if (document.fonts && document.fonts.ready && document.fonts.ready.then) { document.fonts.ready.then(fit); }
  if (sentences.length > 1) { setInterval(nextSentence, TICKER_MS); }
  var media = document.getElementById('media');
  if (media) { playlist(media); }
  if (window.EventSource) {
    window.xinmoiLive(attr(board, 'data-stream'), ['board'], {
      event: function (name, data) { if (name === 'ping') { ping(data); } else { show(data); } },
      state: state
    });
  } else { ask(); }
}());
