// Nine people come to the kiosk, and one rates at the counter. The Go test
// starts it with one JSON argument and reads one JSON line per step.
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { chromium } from 'playwright-core';

const args = JSON.parse(process.argv[2]);
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const answers = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const tell = (step) => console.log(JSON.stringify(step));
const ask = async (need, more = {}) => {
  tell({ need, ...more });
  return JSON.parse((await answers.next()).value);
};

const browser = await chromium.launch({
  executablePath: args.chromium,
  args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--autoplay-policy=no-user-gesture-required'],
});

const PORTRAIT = [1080, 1920];
const LANDSCAPE = [1366, 768];
const MILLIMETRE = 2.71;
const TOUCH = 20 * MILLIMETRE - 0.6;

const open = async (name, [width, height], path) => {
  const context = await browser.newContext({ locale: 'vi-VN', viewport: { width, height } });
  const page = await context.newPage();
  page.on('pageerror', (e) => tell({ step: name, error: 'script: ' + e.message }));
  page.on('console', (m) => {
    if (m.type() === 'error' && /Content Security Policy/.test(m.text())) tell({ step: name, error: m.text() });
  });
  page.sounds = 0;
  page.on('response', (r) => {
    if (/\/kiosk\/voice\//.test(r.url()) && r.ok()) page.sounds += 1;
  });
  await page.goto(args.base + '/kiosk?token=' + args.token);
  if (path) await page.goto(args.base + path);
  return page;
};

// check looks at one state of one page: accessible, nothing too small to touch,
// nothing outside the screen.
const check = async (name, page) => {
  await page.evaluate(axe);
  const result = await page.evaluate(() => window.axe.run(document, {
    runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
  }));
  const violations = result.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target).join(' ')}`);
  const small = await page.evaluate((touch) => Array.from(document.querySelectorAll('a, button, input:not([type=hidden])'))
    .filter((e) => e.offsetParent !== null).map((e) => [e.innerText || e.id, e.getBoundingClientRect()])
    .filter(([, r]) => r.width < touch || r.height < touch).map(([n, r]) => `${n.trim()}: ${Math.round(r.width)} × ${Math.round(r.height)} px`), TOUCH);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  if (args.shots) await page.screenshot({ path: `${args.shots}/${name}.png` });
  tell({ step: 'axe ' + name, violations: violations.concat(small.map((s) => 'under 20 mm: ' + s), wide > 0 ? [`${wide} px too wide`] : []) });
};

const numberOf = async (page) => (await page.locator('.number').innerText()).trim();

try {
  // Every page in every language, mode and shape.
  for (const [shape, size] of args.visits ? [] : [['portrait', PORTRAIT], ['landscape', LANDSCAPE]]) {
    const page = await open('pages', size);
    const modes = ['', '&mode=large', '&mode=contrast', '&mode=low', '&mode=large&mode=contrast&mode=low'];
    for (const lang of args.languages) for (const [i, mode] of modes.entries()) {
      for (const [name, path] of [['home', '/kiosk?'], ['field', '/kiosk/field?name=' + encodeURIComponent('Hộ tịch')], ['procedure', '/kiosk/procedure?id=khai-sinh'],
        ['search', '/kiosk/search?q=dang+ky'], ['nothing', '/kiosk/search?q=zzzz'], ['find', '/kiosk/find?'], ['phone', '/kiosk/phone?'], ['priority', '/kiosk/priority?'], ['none', '/kiosk/none?']]) {
        if (i > 0 && !['home', 'procedure', 'search'].includes(name)) continue;
        await page.goto(`${args.base}${path}&lang=${lang}${mode}`);
        await check(`${name}-${lang}-${i}-${shape}`, page);
      }
    }
    await page.context().close();
  }

  // 1. Somebody who does not see: by ear and keys alone.
  const blind = await open('no sight', PORTRAIT);
  await blind.keyboard.press('+');
  await blind.waitForURL(/mode=voice/);
  await blind.waitForFunction(() => Number(document.body.dataset.said) > 0);
  for (const want of [/kiosk\/field/, /kiosk\/procedure/, /kiosk\/ticket/]) {
    await blind.keyboard.press('1');
    await blind.locator('.armed').waitFor();
    await blind.keyboard.press('1');
    await blind.waitForURL(want);
  }
  await blind.locator('[data-speak] .number').waitFor();
  await blind.waitForTimeout(1500);
  tell({ step: 'no sight', number: await numberOf(blind), sounds: blind.sounds });
  await check('ticket-voice', blind);

  // 2. Somebody who does not hear: says so, and reads everything.
  const deaf = await open('no hearing', PORTRAIT);
  await deaf.locator('.wish.hearing').click();
  await deaf.locator('.wish.hearing.on').waitFor();
  await deaf.locator('.tile').nth(1).click();
  await deaf.locator('.tile').nth(1).click();
  await deaf.locator('.number').waitFor();
  tell({ step: 'no hearing', number: await numberOf(deaf) });
  await check('ticket', deaf);

  // 3. Somebody who does not read: pictures, and each thing says itself when touched.
  const unread = await open('no reading', PORTRAIT, '/kiosk?mode=voice');
  if (await unread.locator('.tile .pictogram').count() < 4) tell({ step: 'no reading', error: 'fields without pictograms' });
  for (const [which, want] of [[2, /kiosk\/field/], [0, /kiosk\/ticket/]]) {
    const tile = unread.locator('.tile').nth(which);
    await tile.click();
    await unread.locator('.tile.armed').waitFor();
    await tile.click();
    await unread.waitForURL(want);
  }
  tell({ step: 'no reading', number: await numberOf(unread), sounds: unread.sounds });

  // 4. Somebody in a wheelchair: everything to touch is in the lower part.
  const seated = await open('wheelchair', PORTRAIT);
  await seated.locator('.tool-low').click();
  await seated.waitForURL(/mode=low/);
  const reach = async () => {
    const top = await seated.evaluate(() => Math.min(...Array.from(document.querySelectorAll('a, button')).filter((e) => e.offsetParent !== null).map((e) => e.getBoundingClientRect().top)));
    const bottom = await seated.evaluate(() => document.documentElement.scrollHeight - window.innerHeight);
    if (top < PORTRAIT[1] * 0.33 || bottom > 0) tell({ step: 'wheelchair', error: `touched at ${Math.round(top)} px from the top, ${bottom} px below the screen` });
  };
  await reach();
  await seated.locator('.tile').nth(1).click();
  await reach();
  await seated.locator('.tile').nth(1).click();
  await seated.locator('.number').waitFor();
  await reach();
  tell({ step: 'wheelchair', number: await numberOf(seated) });

  // 5. Somebody with one hand, in a hurry: single touches, also twice by mistake.
  const one = await open('one hand', LANDSCAPE);
  await one.locator('.tile').nth(1).click();
  await one.locator('.tile').nth(1).dblclick();
  await one.locator('.number').waitFor();
  tell({ step: 'one hand', number: await numberOf(one) });

  // 6. Another language, to the end.
  const other = await open('other language', LANDSCAPE);
  await other.locator('.language[lang=en]').click();
  await other.locator('html[lang=en]').waitFor();
  await other.locator('.tile').first().click();
  await other.locator('.tile').first().click();
  await other.locator('.take').click();
  await other.locator('.say.good').filter({ hasText: 'Please take your ticket' }).waitFor();
  tell({ step: 'other language', number: await numberOf(other) });
  await check('ticket-en', other);

  // 7. Large text, by searching on the screen's own keyboard, without marks.
  const large = await open('large text', PORTRAIT);
  await large.locator('.tool-large').click();
  await large.waitForURL(/mode=large/);
  await large.locator('.door.search').click();
  for (const c of 'dat dai') await large.locator(`.keyboard [data-char="${c}"]`).click();
  await large.locator('#results .tile').filter({ hasText: 'Đăng ký đất đai' }).first().click();
  await large.locator('.number').waitFor();
  tell({ step: 'large text', number: await numberOf(large) });
  await check('ticket-large', large);

  // 8. A machine without touch: a keyboard alone, from the first screen to the
  // paper, and a typed search.
  const keys = await open('no touch', LANDSCAPE);
  for (const [key, want] of [['2', /kiosk\/field/], ['2', /kiosk\/ticket/], ['1', /kiosk\?lang=vi$/]]) {
    await keys.keyboard.press(key);
    await keys.waitForURL(want);
  }
  await keys.keyboard.type('k', { delay: 0 });
  await keys.waitForURL(/kiosk\/search/);
  await keys.keyboard.type('hai tu', { delay: 150 });
  await keys.locator('#results .tile').filter({ hasText: 'khai tử' }).waitFor();
  await keys.keyboard.press('Enter');
  await keys.keyboard.press('Enter');
  await keys.waitForURL(/kiosk\/ticket/);
  tell({ step: 'no touch', number: await numberOf(keys) });
  // A scanner is a keyboard in a hurry: a citizen card, and nonsense.
  await keys.goto(args.base + '/kiosk');
  await keys.keyboard.type('036140000123|160123456|PHAM THI C|02021940|Nu|Xom 5|10102021');
  await keys.keyboard.press('Enter');
  await keys.locator('.wish.citizen.on').waitFor();
  if (/036140|1940/.test(keys.url() + (await keys.content()))) tell({ step: 'scan', error: 'the card is on the page' });
  await check('scanned', keys);
  await keys.keyboard.type('12345678901234567');
  await keys.keyboard.press('Enter');
  await keys.locator('.alarm').waitFor();
  await check('scan-refused', keys);
  tell({ step: 'scanned' });

  // 9. Somebody who goes away: a warning first, then the first screen.
  const away = await open('timeout', PORTRAIT, '/kiosk?need=sight&mode=large');
  await away.locator('.countdown:not([hidden])').waitFor({ timeout: 60000 });
  await check('warned', away);
  await away.locator('[data-extend]').click();
  await away.locator('.countdown[hidden]').waitFor({ state: 'attached' });
  await away.waitForURL(/kiosk\?lang=vi$/, { timeout: 90000 });
  tell({ step: 'timeout' });

  // A number taken by telephone becomes paper and presence.
  const phoned = await open('phoned', PORTRAIT, '/kiosk/phone');
  const { number } = await ask('number by telephone');
  await phoned.locator('#f-number').fill(number);
  await phoned.locator('#f-phone').fill('0000');
  await phoned.keyboard.press('Enter');
  await phoned.locator('.alarm').waitFor();
  await check('phone-wrong', phoned);
  await phoned.locator('#f-number').fill(number);
  await phoned.locator('#f-phone').fill('5678');
  await phoned.keyboard.press('Enter');
  await phoned.locator('.number').waitFor();
  await check('found', phoned);
  await phoned.locator('button').filter({ hasText: 'Tôi đã đến' }).click();
  await phoned.locator('.good').waitFor();
  await check('arrived', phoned);
  await phoned.locator('button').filter({ hasText: 'In phiếu' }).click();
  await phoned.locator('.say.good').waitFor();
  tell({ step: 'phoned', number: await numberOf(phoned) });

  // Staff are called.
  await phoned.goto(args.base + '/kiosk');
  await phoned.locator('.tool-staff').click();
  await phoned.locator('.say.good').waitFor();
  await check('staff', phoned);
  tell({ step: 'staff' });

  // The tablet at counter 1 asks whoever was served, one tap.
  const rate = await open('rate', LANDSCAPE, '/rate');
  await check('rate-counters', rate);
  await rate.goto(args.base + '/rate?counter=1');
  await check('rate-idle', rate);
  const served = await ask('served');
  await rate.locator('.face').first().waitFor({ timeout: 20000 });
  for (const lang of args.languages) {
    await rate.goto(`${args.base}/rate?counter=1&lang=${lang}`);
    await check('rate-' + lang, rate);
  }
  await rate.keyboard.press('4');
  await rate.waitForURL(/thanks/);
  await check('rate-thanks', rate);
  await ask('rated', { number: served.number });
  tell({ step: 'done' });
} catch (e) {
  tell({ step: 'failed', error: String(e && e.stack || e) });
  for (const c of browser.contexts()) for (const p of c.pages()) {
    if (args.shots) await p.screenshot({ path: `${args.shots}/failed-${new URL(p.url()).pathname.replaceAll('/', '_')}.png` });
  }
} finally {
  await browser.close();
  process.exit(0);
}
