// Looks at the boards of a running office: every size of screen, every state,
// both languages; that the voice leads the picture; and that a board which has
// shown thousands of calls has not grown.
import { args, ask, tell, walk, device, check, SOUNDS } from './page.mjs';

const sizes = { '1080p': [1920, 1080], '720p': [1280, 720], '4k': [3840, 2160], 'portrait': [1080, 1920] };
const languages = ['vi', 'en'];
const board = (query = '') => `${args.base}/board?token=${args.token}${query}`;

// A board that loudspeakers cannot reach says so on the console; nothing else may.
const wrong = (text) => !/Failed to load resource|net::ERR/.test(text);

// measured tells what is wrong with what a screen shows: digits smaller than the
// distance asks for, and numbers that are cut off.
const measured = (page) => page.evaluate(() => {
  const found = [];
  const board = document.getElementById('board');
  const perMM = Math.hypot(innerWidth, innerHeight) / Number(board.dataset.diagonal);
  const least = Number(board.dataset.digit);
  const seats = Array.from(document.querySelectorAll('.seat')).filter((s) => s.style.display !== 'none');
  if (!seats.length) found.push('no seats are shown');
  for (const seat of seats) {
    const number = seat.querySelector('.number:not(.none)');
    if (!number) continue;
    const canvas = document.createElement('canvas').getContext('2d');
    const style = getComputedStyle(number);
    canvas.font = `${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
    const high = canvas.measureText('0').actualBoundingBoxAscent / perMM;
    if (high < least * 0.98) found.push(`${number.textContent}: digits of ${high.toFixed(1)} mm, want ${least}`);
    const box = seat.getBoundingClientRect();
    for (const part of seat.querySelectorAll('.number, .counter, .turn')) {
      const b = part.getBoundingClientRect();
      if (b.width && (b.left < box.left - 1 || b.right > box.right + 1)) found.push(`${part.textContent || part.getAttribute('class')} is cut off`);
    }
    const list = seat.parentNode.getBoundingClientRect();
    if (box.bottom > list.bottom + 1 || box.right > list.right + 1) found.push(`${number.textContent} is below the screen`);
  }
  if (document.documentElement.scrollHeight > innerHeight) found.push('the page scrolls');
  return found;
});

const running = (page) => page.waitForFunction(() => document.getElementById('clock') === null || document.getElementById('clock').textContent !== '');

const open = async (name, size, query) => {
  const page = await device(name, sizes[size], { wrong });
  await page.goto(board(query));
  await running(page);
  return page;
};

// look opens a board on several screens, and in every language on the first. What
// is accessible on one screen is so on the others, unless pictures of all are wanted.
const look = async (name, query, { screens = Object.keys(sizes), measure = true } = {}) => {
  for (const [i, size] of screens.entries()) {
    await Promise.all((i === 0 ? languages : languages.slice(0, 1)).map(async (lang) => {
      const shown = `board-${name}-${size}-${lang}`;
      const page = await open(shown, size, `${query}&lang=${lang}`);
      tell({ step: shown, violations: measure ? await measured(page) : [] });
      if (args.all || args.shots || i === 0) await check(shown, page);
      await page.context().close();
    }));
  }
};

// follow notes when each number appears at a counter and when it is called out.
const follow = (page) => page.evaluate(() => {
  window.seen = [];
  const shown = {};
  const note = () => document.querySelectorAll('.seat[data-number]').forEach((seat) => {
    const number = seat.dataset.number;
    if (!shown[number] && seat.dataset.calling) { shown[number] = true; window.seen.push(['shown', number, performance.now()]); }
  });
  new MutationObserver(note).observe(document.getElementById('hall'), { childList: true, subtree: true, attributes: true });
  document.addEventListener('xinmoi:call-started', (e) => window.seen.push(['said', e.detail.number, performance.now(), e.detail.calls]));
});

const gone = (page, selector) => page.waitForFunction((s) => document.querySelector(s).hidden, selector);

// steady has a board show n calls without a server and tells how much larger it
// has become.
const steady = async (n) => {
  const page = await device('steady', [640, 360], { wrong }); // Pixels are not what is weighed.
  await page.addInitScript(() => {
    window.streams = [];
    window.EventSource = function (url) {
      this.url = url;
      this.readyState = 1;
      this.heard = {};
      this.addEventListener = (name, f) => { this.heard[name] = f; };
      this.close = () => {};
      window.streams.push(this);
    };
    window.EventSource.CLOSED = 2;
  });
  await page.goto(board('&name=sanh'));
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('Performance.enable');
  const size = async () => {
    await page.waitForTimeout(6000); // The last flash is over.
    for (let i = 0; i < 3; i++) await cdp.send('HeapProfiler.collectGarbage');
    const { metrics } = await cdp.send('Performance.getMetrics');
    const of = (name) => metrics.find((m) => m.name === name).value;
    return { heap: of('JSHeapUsedSize'), nodes: of('Nodes'), listeners: of('JSEventListeners') };
  };
  const call = (calls, from) => page.evaluate(async ([calls, from]) => {
    const [live, voice] = ['/board/', '/announce/'].map((path) => window.streams.find((s) => s.url.includes(path)));
    const latest = await (await fetch(document.getElementById('board').dataset.latest)).json();
    const seat = /data-number="[^"]*" data-key="[^"]*" data-counter="1"( data-calling="1" data-said="[^"]*")?/;
    if (!seat.test(latest.board.html)) throw new Error('no number at counter 1 in ' + latest.board.html);
    const channel = new MessageChannel();
    const breath = () => new Promise((done) => { channel.port1.onmessage = done; channel.port2.postMessage(0); });
    voice.heard.hello({ data: '{"listener":"x"}' });
    for (let i = from; i < from + calls; i++) {
      const number = 'A' + (1000 + i);
      const html = latest.board.html.replace(seat, `data-number="${number}" data-key="${number}@1@${i}" data-counter="1" data-calling="1" data-said="Xin mời ${number}"`)
        .replace(/(<span class="number">)[^<]*/, '$1' + number);
      live.heard.board({ data: JSON.stringify({ html, version: latest.board.version }) });
      if (i % 7) voice.heard.call({ data: JSON.stringify({ id: 'c' + i, text: 'Xin mời ' + number, number, counter: '1', duration_ms: 0, url: '', calls: [{ number, counter: '1', at_ms: 0 }] }) });
      else voice.heard.shown({ data: JSON.stringify({ id: 'c' + i, text: 'Xin mời ' + number, number, counter: '1', duration_ms: 0, url: '', calls: [] }) });
      if (i % 10 === 0) live.heard.ping({ data: JSON.stringify({ age_ms: 0, at: Date.now(), offset_s: 25200 }) });
      await breath();
      if (i % 50 === 0) await new Promise((done) => setTimeout(done, 1));
    }
    await new Promise((done) => setTimeout(done, 100));
    return document.querySelector('.seat[data-counter="1"]').dataset.number;
  }, [calls, from]);
  const warm = 200;
  await call(warm, 0);
  const before = await size();
  const last = await call(n, warm);
  const after = await size();
  await page.context().close();
  return { last, want: 'A' + (1000 + warm - 1 + n), heap: after.heap - before.heap, nodes: after.nodes - before.nodes, listeners: after.listeners - before.listeners, size: after.heap };
};

await walk(async () => {
  if (args.steady) { // The long form alone.
    tell({ step: 'steady', words: JSON.stringify(await steady(args.calls)) });
    return;
  }
  await look('empty', '', { screens: ['1080p', 'portrait'], measure: false });

  // The voice leads: no number is to be seen before it is called out. A slow
  // machine must not make the board give up on the voice.
  const hall = await device('voice', sizes['1080p'], { wrong });
  await hall.route('**/board.js*', async (route) => {
    const script = await (await route.fetch()).text();
    await route.fulfill({ contentType: 'text/javascript', body: script.replace(/(VOICE_(?:WAIT|MOST)_MS) = \d+/g, '$1 = 120000') });
  });
  await hall.goto(board(''));
  await hall.waitForFunction(() => document.documentElement.getAttribute('data-sound') === 'on');
  await follow(hall);
  await ask('burst');
  await hall.waitForFunction((n) => window.seen.filter((e) => e[0] === 'shown').length >= n, 4);
  const seen = await hall.evaluate(() => window.seen);
  const said = {};
  const late = [];
  for (const [what, number, at, calls] of seen) {
    if (what === 'said') for (const c of calls) said[c.number] ??= at + c.at_ms;
    else if (said[number] === undefined) late.push(`${number} is shown before it is said`);
    else if (at < said[number] - 50 || Object.values(said).some((next) => next > said[number] && at > next)) late.push(`${number} is shown ${Math.round(at - said[number])} ms after it is said`);
  }
  tell({ step: 'voice leads', words: JSON.stringify(seen), violations: late });
  await check('board-calling', hall);

  // A board whose script is lost on its way loads itself again when it can be had.
  const lost = await device('lost', sizes['720p'], { wrong });
  let asked = 0;
  await lost.route('**/board.js*', (route) => {
    asked += 1;
    return asked <= 2 ? route.abort('connectionreset') : route.continue();
  });
  await lost.goto(board(''));
  await running(lost);
  tell({ step: 'lost', violations: asked < 4 ? [`it came again after ${asked} requests`] : [] });
  await lost.context().close();

  await look('few', '');
  await look('named', '&name=sanh', { screens: ['1080p', 'portrait'] });
  await look('counter', '&counter=3', { screens: ['1080p', 'portrait'] });
  await look('counter-idle', '&counter=2', { screens: ['1080p'], measure: false });

  // Pictures and videos take turns, without a sound.
  const list = await open('playlist', '1080p', '&name=sanh');
  const visible = (id) => list.waitForFunction((i) => !document.getElementById(i).hidden, id);
  await visible('picture');
  await list.waitForFunction(() => document.getElementById('picture').naturalWidth > 0);
  await visible('video');
  const film = await list.evaluate(() => { const v = document.getElementById('video'); return { muted: v.muted, at: v.currentTime, wide: v.videoWidth }; });
  tell({ step: 'playlist', violations: film.muted && film.wide > 0 ? [] : [JSON.stringify(film)] });
  await check('board-playlist-video', list);
  await visible('picture');

  // Whoever changes the settings sees the screens follow.
  await ask('ticker');
  await list.waitForFunction(() => /vừa đổi/.test(document.getElementById('ticker').textContent));
  tell({ step: 'renewed' });

  await ask('emergency');
  await hall.waitForFunction(() => document.querySelector('.notice.emergency'));
  await check('board-emergency', hall, { more: await measured(hall) });
  await ask('all clear');

  // The server goes: old figures are grey and say how old; it comes: they are true.
  await ask('kill');
  await hall.waitForFunction(() => !document.getElementById('offline').hidden);
  const words = await hall.locator('#offline').innerText();
  const stale = await hall.evaluate(() => document.getElementById('board').classList.contains('stale'));
  tell({ step: 'offline', words, violations: stale && /số liệu lúc \d\d:\d\d \(cách đây \d+ giây\)/.test(words) ? [] : [`stale ${stale}: ${words}`] });
  await check('board-offline', hall);
  await ask('run');
  await gone(hall, '#offline');
  await hall.waitForFunction(() => !document.getElementById('board').classList.contains('stale'));
  tell({ step: 'online' });
  await hall.context().close();
  await list.context().close();

  await ask('forty');
  await look('forty', '');
  await look('forty-named', '&name=sanh', { screens: ['720p'] });
  // They do not all fit: page after page, each counter on one of them.
  const many = await open('pages', '720p', '');
  const counters = new Set();
  const collect = () => many.evaluate(() => Array.from(document.querySelectorAll('.seat')).filter((s) => s.style.display !== 'none').map((s) => s.dataset.counter));
  const until = Date.now() + 180000;
  while (counters.size < 40 && Date.now() < until) {
    (await collect()).forEach((c) => counters.add(c));
    await many.waitForTimeout(500);
  }
  tell({ step: 'pages', violations: counters.size === 40 ? [] : [`${counters.size} of 40 counters were ever shown`] });
  await many.context().close();

  await check('boards-desk', await (async () => {
    const desk = await device('desk', [1366, 900], { wrong });
    await desk.goto(`${args.base}/admin/boards?board=sanh&token=${args.admin}`);
    await desk.goto(`${args.base}/admin/boards?board=sanh`);
    await desk.getByRole('heading', { name: 'Bảng sanh' }).waitFor();
    return desk;
  })(), { full: true });

  tell({ step: 'steady', words: JSON.stringify(await steady(args.calls)) });
}, SOUNDS);
