// What every walk of a browser through the pages of an office shares. The Go
// test (page_test.go) starts a walk with one JSON argument and reads one JSON
// line per step; a line {"need": …} asks the test to do something and to answer
// with a line.
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { chromium } from 'playwright-core';

export const args = JSON.parse(process.argv[2]);
export const tell = (step) => console.log(JSON.stringify(step));

let answers;
export const ask = async (need, more = {}) => {
  answers ??= createInterface({ input: process.stdin })[Symbol.asyncIterator]();
  tell({ need, ...more });
  return JSON.parse((await answers.next()).value);
};

// What a browser is told besides: that it may play sounds, and has a microphone.
export const SOUNDS = ['--autoplay-policy=no-user-gesture-required'];
export const MICROPHONE = ['--use-fake-ui-for-media-stream', '--use-fake-device-for-media-stream'];

// How long anything is waited for that has no limit of its own: other tests run
// beside, and a machine may be many times slower than this one. No test rests on it.
const PATIENCE = 180000;

let browser;

// What has happened to each page of late, for whoever asks why a walk failed.
const trails = new WeakMap();

const follow = (page) => {
  const trail = [];
  trails.set(page, trail);
  const note = (what) => {
    trail.push(`${(performance.now() / 1000).toFixed(1)} s ${what}`);
    if (trail.length > 12) trail.shift();
  };
  page.on('framenavigated', (f) => { if (f === page.mainFrame()) note('at ' + f.url()); });
  page.on('load', () => note('loaded'));
  page.on('requestfailed', (r) => note(`lost ${r.url()}: ${r.failure()?.errorText}`));
  page.on('crash', () => note('crashed'));
};

// walk goes through steps in a browser of its own. What fails is told, with
// pictures of all pages that are open and what happened to them.
export const walk = async (steps, flags = []) => {
  browser = await chromium.launch({
    executablePath: args.chromium,
    timeout: PATIENCE,
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync', ...flags],
  });
  try {
    await steps();
    tell({ step: 'done' });
  } catch (e) {
    tell({ step: 'failed', error: String(e && e.stack || e) });
    for (const c of browser.contexts()) for (const p of c.pages()) {
      tell({ step: 'open then', error: [p.url(), ...trails.get(p) ?? []].join('\n') });
      if (args.shots) await p.screenshot({ path: `${args.shots}/failed-${new URL(p.url()).pathname.replaceAll('/', '_')}.png` });
    }
  } finally {
    await browser.close();
    process.exit(0);
  }
};

// device opens an empty page in a browser profile of its own, as each device
// has. Scripts that fail are told, and words of the console that are wrong:
// usually what the page's own security policy forbids.
export const device = async (name, [width, height], { wrong = (text) => /Content Security Policy/.test(text), ...options } = {}) => {
  const context = await browser.newContext({ locale: 'vi-VN', viewport: { width, height }, ...options });
  context.setDefaultTimeout(PATIENCE);
  const page = await context.newPage();
  follow(page);
  if (args.slow) await (await context.newCDPSession(page)).send('Emulation.setCPUThrottlingRate', { rate: args.slow });
  page.on('pageerror', (e) => tell({ step: name, error: 'script: ' + e.message }));
  page.on('console', (m) => {
    if (m.type() === 'error' && wrong(m.text())) tell({ step: name, error: m.text() });
  });
  return page;
};

// unhurried gathers what a page does every second in window.seconds, for the test
// to do: however slow a machine is, no page goes home by itself meanwhile.
export const unhurried = (page) => page.addInitScript(() => {
  const every = window.setInterval;
  window.seconds = [];
  window.setInterval = (f, ms, ...more) => (ms === 1000 ? window.seconds.push(f) : every(f, ms, ...more));
});

// The forms in which pages are looked at: each with each in the long form
// (XINMOI_PAGES=all, make pages), each once otherwise, the first with the first.
export const combined = (some, others) => some.flatMap((a, i) => others.filter((_, j) => args.all || i % others.length === j % some.length).map((b) => [a, b]));

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

// check tells what is not accessible on a page as it is now, and what else is
// found wrong. With full the picture shows what is below the window too.
export const check = async (name, page, { full = false, more = [] } = {}) => {
  await page.evaluate(axe);
  const result = await page.evaluate(() => window.axe.run(document, {
    resultTypes: ['violations'],
    runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
  }));
  if (args.shots) await page.screenshot({ path: `${args.shots}/${name}.png`, fullPage: full });
  tell({ step: 'axe ' + name, violations: result.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target).join(' ')}`).concat(more) });
};

// tooWide is by how many pixels a page is wider than its window.
export const tooWide = (page) => page.evaluate(() => Math.max(0, document.documentElement.scrollWidth - document.documentElement.clientWidth));

// narrow tells whether a page fits a telephone.
export const narrow = async (page) => {
  const over = await tooWide(page);
  tell(over > 0 ? { step: 'narrow', error: `the page is ${over} px too wide` } : { step: 'narrow' });
};
