// Records a voice as a person does, with a file in the place of the microphone
// and one browser per sitting. The Go test starts it with one JSON argument and
// reads one JSON line per step.
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { chromium } from 'playwright-core';

const args = JSON.parse(process.argv[2]);
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const tell = (step) => console.log(JSON.stringify(step));

const browser = await chromium.launch({
  executablePath: args.chromium,
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync', '--autoplay-policy=no-user-gesture-required',
    '--use-fake-ui-for-media-stream', '--use-fake-device-for-media-stream', '--use-file-for-fake-audio-capture=' + args.mic],
});
const context = await browser.newContext({ locale: 'vi-VN', viewport: { width: args.width || 1366, height: args.height || 900 } });
const page = await context.newPage();
page.on('pageerror', (e) => tell({ step: 'page', error: 'script: ' + e.message }));
page.on('console', (m) => {
  if (m.type() === 'error' && /Content Security Policy/.test(m.text())) tell({ step: 'page', error: m.text() });
});

const check = async (name) => {
  await page.evaluate(axe);
  const result = await page.evaluate(() => window.axe.run(document, {
    runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
  }));
  const wide = await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
  const violations = result.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target).join(' ')}`);
  if (wide) violations.push('the page is wider than the window');
  if (args.shots) await page.screenshot({ path: `${args.shots}/studio-${args.stage}-${name}.png`, fullPage: true });
  tell({ step: 'axe ' + name, violations });
};

const ready = () => page.waitForFunction(() => document.documentElement.dataset.ready === 'yes');
const idle = () => page.waitForFunction(() => /^(Thu|Record)$/.test(document.querySelector('#record-words').textContent));
const shown = () => page.evaluate(() => document.querySelector('#place').textContent.split('·')[1].trim());
const takes = () => page.locator('#takes button').count();

// The file is played again and again; begin in its silence, as a person begins
// when ready.
const inSilence = () => page.evaluate(() => new Promise((done) => {
  const level = document.querySelector('#level');
  let loud = false, quiet = 0;
  const timer = setInterval(() => {
    const now = parseFloat(level.style.width || '0');
    if (now > 30) { loud = true; quiet = 0; } else if (loud && now < 20) { quiet++; }
    if (loud && quiet >= 6) { clearInterval(timer); done(); }
  }, 50);
}));

const read = async (press) => {
  const before = await takes();
  await inSilence();
  await press();
  await page.waitForFunction((n) => document.querySelectorAll('#takes button').length > n, before, { timeout: 15000 });
  await idle();
  await page.waitForFunction(() => document.querySelectorAll('#findings li').length > 0);
  return page.evaluate(() => Array.from(document.querySelectorAll('#findings li')).map((li) => li.className + ' ' + li.textContent));
};

const stages = {
  // Consent, microphone check, the first clip: recorded, again, cut by hand, kept.
  async first() {
    await page.goto(args.url);
    await check('projects');
    await page.fill('#speaker', 'Nguyễn Thị Đào');
    await page.selectOption('#licence', 'CC-BY-4.0');
    await page.check('#consent');
    await page.click('form.new button');
    await ready();
    await check('begin');
    await page.click('#room-button');
    await page.waitForFunction(() => document.querySelectorAll('#room-findings li').length > 0, null, { timeout: 20000 });
    await idle();
    tell({ step: 'room', words: await page.locator('#room').innerText() });
    const clip = await shown();
    await page.locator('#sentence').click();
    const one = await read(() => page.keyboard.press('Space'));
    const two = await read(() => page.keyboard.press('r'));
    tell({ step: 'take', clip, findings: one.concat(two), takes: await takes() });
    await check('take');
    await page.locator('#from').focus();
    const before = await page.locator('#from').inputValue();
    const answered = page.waitForResponse((r) => r.url().endsWith('/cut'));
    await page.keyboard.press('ArrowLeft');
    await answered;
    await page.waitForFunction((v) => Number(document.querySelector('#from').value) === Number(v) - 5, before);
    await page.click('#play');
    await page.locator('#sentence').click();
    await page.keyboard.press('Enter');
    await page.waitForFunction((c) => !document.querySelector('#place').textContent.includes(c), clip);
    tell({ step: 'kept', clip, progress: await page.locator('#progress').innerText() });
    await page.fill('#ticket', 'A125');
    await page.click('#call button');
    await page.waitForFunction(() => /tạm|Toàn bộ/.test(document.querySelector('#call-words').textContent), null, { timeout: 20000 });
    tell({ step: 'heard', words: await page.locator('#call-words').innerText(), url: page.url() });
  },
  // Another day, another browser, after a restart: it goes on where it was.
  async second() {
    await page.goto(args.url);
    await page.click('.card a.button');
    await ready();
    const clip = await shown();
    await page.click('#room-button');
    await page.waitForFunction(() => /Kiểm tra xong/.test(document.querySelector('#said').textContent), null, { timeout: 20000 });
    await idle();
    await page.locator('#sentence').click();
    const findings = await read(() => page.keyboard.press('Space'));
    tell({ step: 'resumed', clip, findings, progress: await page.locator('#progress').innerText() });
    await page.keyboard.press('Enter');
    await page.waitForFunction((c) => !document.querySelector('#place').textContent.includes(c), clip);
    await check('phone');
    await page.goto(page.url() + '?lang=en');
    await ready();
    await check('english');
    tell({ step: 'went on', url: page.url() });
  },
  // The rest has come by upload: make the voice, look at the check, use it.
  async finish() {
    await page.goto(args.url);
    await page.click('.card a.button');
    await ready();
    await page.click('#finish');
    await page.waitForFunction(() => document.querySelector('#packed .note'), null, { timeout: 60000 });
    tell({ step: 'packed', words: await page.locator('#packed').innerText() });
    await check('finished');
    await page.click('#use');
    await page.waitForFunction(() => /đang được dùng/.test(document.querySelector('#packed').textContent), null, { timeout: 20000 });
    tell({ step: 'used' });
  },
};

try {
  await stages[args.stage]();
  tell({ step: 'done' });
} catch (e) {
  tell({ step: 'failed', error: String(e && e.stack || e) });
  if (args.shots) await page.screenshot({ path: `${args.shots}/studio-${args.stage}-failed.png`, fullPage: true });
} finally {
  await browser.close();
  process.exit(0);
}
