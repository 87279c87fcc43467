// Nine people come to the kiosk, and one rates at the counter.
import { SOUNDS, args, ask, check as look, combined, device, tell, tooWide, unhurried, walk } from './page.mjs';

const PORTRAIT = [1080, 1920];
const LANDSCAPE = [1366, 768];
const MILLIMETRE = 2.71;
const TOUCH = 20 * MILLIMETRE - 0.6;

const open = async (name, size, path) => {
  const page = await device(name, size);
  await unhurried(page);
  page.sounds = 0;
  page.on('response', (r) => {
    if (/\/kiosk\/voice\//.test(r.url()) && r.ok()) page.sounds += 1;
  });
  await page.goto(args.base + '/kiosk?token=' + args.token);
  await scripted(page);
  if (path) await page.goto(args.base + path);
  return page;
};

// scripted waits until a screen's script runs. On a busy machine a browser may lose
// it on its way; the page then loads itself again.
const scripted = (page) => page.waitForFunction(() => window.seconds.length > 0);

// check looks at one state of one page: accessible, nothing too small to touch,
// nothing outside the screen.
const check = async (name, page) => {
  const small = await page.evaluate((touch) => Array.from(document.querySelectorAll('a, button, input:not([type=hidden])'))
    .filter((e) => e.offsetParent !== null).map((e) => [e.innerText || e.id, e.getBoundingClientRect()])
    .filter(([, r]) => r.width < touch || r.height < touch).map(([n, r]) => `${n.trim()}: ${Math.round(r.width)} × ${Math.round(r.height)} px`), TOUCH);
  const wide = await tooWide(page);
  await look(name, page, { more: small.map((s) => 'under 20 mm: ' + s).concat(wide > 0 ? [`${wide} px too wide`] : []) });
};

// scanner types as fast as a scanner does, however busy this machine is: the keys
// carry the times at which a scanner sends them.
const scanner = (page, code) => page.evaluate((code) => {
  const began = performance.now();
  [...code, 'Enter'].forEach((key, i) => {
    const press = new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true });
    Object.defineProperty(press, 'timeStamp', { value: began + 5 * i });
    (document.activeElement || document.body).dispatchEvent(press);
  });
}, code);

// heard waits until a page has let so many sounds be heard.
const heard = async (page, least) => {
  while (page.sounds < least) await page.waitForEvent('response');
  return page.sounds;
};

const numberOf = async (page) => (await page.locator('.number').innerText()).trim();

// pages are all pages in every language, shape and mode.
const pages = () => Promise.all(combined([['portrait', PORTRAIT], ['landscape', LANDSCAPE]], args.languages).map(async ([[shape, size], lang]) => {
  const modes = ['', '&mode=large', '&mode=contrast', '&mode=low', '&mode=large&mode=contrast&mode=low'];
  const page = await open('pages', size);
  for (const [i, mode] of modes.entries()) {
    for (const [name, path] of [['home', '/kiosk?'], ['field', '/kiosk/field?name=' + encodeURIComponent('Hộ tịch')], ['procedure', '/kiosk/procedure?id=khai-sinh'],
      ['search', '/kiosk/search?q=dang+ky'], ['nothing', '/kiosk/search?q=zzzz'], ['find', '/kiosk/find?'], ['phone', '/kiosk/phone?'], ['priority', '/kiosk/priority?'], ['none', '/kiosk/none?']]) {
      if (i > 0 && !['home', 'procedure', 'search'].includes(name)) continue;
      await page.goto(`${args.base}${path}&lang=${lang}${mode}`);
      await check(`${name}-${lang}-${i}-${shape}`, page);
    }
  }
  await page.context().close();
}));

// visitors come one after the other.
const visitors = async () => {
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
  tell({ step: 'no sight', number: await numberOf(blind), sounds: await heard(blind, 3) });
  await check('ticket-voice', blind);
  await blind.context().close();

  // 2. Somebody who does not hear: says so, and reads everything.
  const deaf = await open('no hearing', PORTRAIT);
  await deaf.locator('.wish.hearing').click();
  await deaf.locator('.wish.hearing.on').waitFor();
  await deaf.locator('.tile').nth(1).click();
  await deaf.locator('.tile').nth(1).click();
  await deaf.locator('.number').waitFor();
  tell({ step: 'no hearing', number: await numberOf(deaf) });
  await check('ticket', deaf);
  await deaf.context().close();

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
  tell({ step: 'no reading', number: await numberOf(unread), sounds: await heard(unread, 3) });
  await unread.context().close();

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
  await seated.context().close();

  // 5. Somebody with one hand, in a hurry: single touches, also twice by mistake.
  const one = await open('one hand', LANDSCAPE);
  await one.locator('.tile').nth(1).click();
  await one.locator('.tile').nth(1).dblclick();
  await one.locator('.number').waitFor();
  tell({ step: 'one hand', number: await numberOf(one) });
  await one.context().close();

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
  await other.context().close();

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
  await large.context().close();

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
  await scanner(keys, '036140000123|160123456|PHAM THI C|02021940|Nu|Xom 5|10102021');
  await keys.locator('.wish.citizen.on').waitFor();
  if (/036140|1940/.test(keys.url() + (await keys.content()))) tell({ step: 'scan', error: 'the card is on the page' });
  await check('scanned', keys);
  await scanner(keys, '12345678901234567');
  await keys.locator('.alarm').waitFor();
  await check('scan-refused', keys);
  tell({ step: 'scanned' });
};

// 9. Somebody who goes away: a warning first, then the first screen.
const away = async () => {
  const page = await open('timeout', PORTRAIT, '/kiosk?need=sight&mode=large');
  const untilWarned = () => page.evaluate(() => {
    let passed = 0;
    for (; document.querySelector('.countdown').hidden && passed < 600; passed += 1) for (const f of window.seconds) f();
    return passed;
  });
  const warned = await untilWarned();
  await check('warned', page);
  await page.locator('[data-extend]').click();
  await page.locator('.countdown[hidden]').waitFor({ state: 'attached' });
  const again = await untilWarned();
  if (warned < 10 || again !== warned) tell({ step: 'timeout', error: `warned after ${warned} seconds, then after ${again}` });
  await page.evaluate(() => {
    for (let left = Number(document.querySelector('.countdown [data-seconds]').textContent); left > 0; left -= 1) for (const f of window.seconds) f();
  });
  await page.waitForURL(/kiosk\?lang=vi$/);
  tell({ step: 'timeout' });
};

// invited: what an idle first screen says covers nothing, moves nothing, and
// nothing sticks out.
const invited = () => Promise.all([PORTRAIT, LANDSCAPE, [1280, 800], [1920, 1080]].map(async (size) => {
  const page = await open('idle', size);
  const [before, after, heading, words, shown] = await page.evaluate(() => {
    const at = (selector) => { const r = document.querySelector(selector).getBoundingClientRect(); return [r.top, r.bottom]; };
    const first = at('.tile');
    for (let i = 0; i < 20; i += 1) for (const f of window.seconds) f();
    return [first, at('.tile'), at('h1'), at('.attract'), getComputedStyle(document.querySelector('.attract')).visibility];
  });
  const wrong = [];
  if (shown !== 'visible') wrong.push('nothing invites');
  if (words[0] < heading[1] - 2 || words[1] > after[0] + 2) wrong.push(`the words at ${words} are not between the heading at ${heading} and the first field at ${after}`); // They breathe.
  if (before[0] !== after[0]) wrong.push(`the fields moved from ${before} to ${after}`);
  if (wrong.length > 0) tell({ step: 'idle', error: `${size}: ${wrong.join('; ')}` });
  await page.context().close();
}));

// lost: a screen whose script or style is lost on its way loads itself again, when
// there is something to load, and not before.
const lost = async () => {
  const page = await device('lost', PORTRAIT);
  await unhurried(page);
  await page.goto(args.base + '/kiosk?token=' + args.token);
  for (const file of ['kiosk.js', 'kiosk.css']) {
    let refused = 0;
    await page.route(`**/kiosk/static/${file}`, (route) => {
      refused += 1;
      return refused <= 2 ? route.abort('connectionreset') : route.continue();
    });
    await page.goto(args.base + '/kiosk?lang=vi');
    await page.evaluate(() => { document.title = 'without'; });
    await page.waitForFunction(() => document.title !== 'without' && window.seconds.length > 0 && getComputedStyle(document.querySelector('.attract')).visibility === 'hidden');
    if (refused < 4) tell({ step: 'lost', error: `${file}: the page came again after ${refused} requests` });
    await page.unroute(`**/kiosk/static/${file}`);
  }
  await page.context().close();
  tell({ step: 'lost' });
};

const afterwards = async () => {
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
  await rate.locator('.face').first().waitFor();
  for (const lang of args.languages) {
    await rate.goto(`${args.base}/rate?counter=1&lang=${lang}`);
    await check('rate-' + lang, rate);
  }
  await rate.keyboard.press('4');
  await rate.waitForURL(/thanks/);
  await check('rate-thanks', rate);
  await ask('rated', { number: served.number });
};

await walk(async () => {
  // Machines of their own, and one server.
  await Promise.all([args.visits ? null : pages(), visitors(), away(), invited(), lost()]);
  await afterwards();
}, SOUNDS);
