// The kiosk's screens in the states that a fault, a closed office or a machine
// on its own brings, and the pages on which they are arranged.
import { SOUNDS, args, ask, check as look, combined, device, tell, tooWide, unhurried, walk } from './page.mjs';

const PORTRAIT = [1080, 1920];
const LANDSCAPE = [1366, 768];
const THINKING = 1350;
const REACHING = 1100;

// freeze lets a page's clocks stand still; one that is just going away is
// waited for.
const freeze = async (page) => {
  const still = () => page.evaluate(() => { for (let i = setTimeout(() => {}, 0); i > 0; i -= 1) clearTimeout(i); });
  await still().catch(async (e) => {
    if (!/context was destroyed/i.test(String(e))) throw e;
    await page.waitForLoadState();
    await still();
  });
};

// check looks at a page whose clocks stand still: none goes away meanwhile.
// One that was already going away when the clocks stopped is looked at when it has
// arrived.
const check = async (name, page, full = false, tries = 5) => {
  try {
    await freeze(page);
    const wide = await tooWide(page);
    const high = full ? 0 : await page.evaluate(() => document.documentElement.scrollHeight - window.innerHeight);
    await look(name, page, { full, more: (wide > 0 ? [`${wide} px too wide`] : []).concat(high > 0 ? [`${high} px too high for the screen`] : []) });
  } catch (e) {
    if (tries === 1 || !/context was destroyed/i.test(String(e))) throw e;
    await page.waitForLoadState();
    await check(name, page, full, tries - 1);
  }
};

const open = async (name, size, path, token = args.token) => {
  const page = await device(name, size);
  await unhurried(page);
  await page.goto(`${args.base}/kiosk?token=${token}`);
  if (path) await page.goto(args.base + path);
  return page;
};

const printer = (condition) => fetch(args.base + '/kiosk/paper/control', {
  method: 'POST', headers: { 'Content-Type': 'application/json', Authorization: 'Bearer ' + args.token }, body: JSON.stringify(condition),
});
const well = { do: 'well' };

// take goes to a number's page.
const take = async (page, lang) => {
  await page.goto(`${args.base}/kiosk/procedure?id=khai-sinh&lang=${lang}`);
  await page.locator('.take').click();
  await page.waitForURL(/kiosk\/ticket/);
};

// printing looks at the screen while it prints, on a printer so slow that even a
// slow machine sees it; the page does not look again by itself meanwhile.
const printing = async (name, size, lang) => {
  const page = await device(name, size);
  await unhurried(page);
  await page.addInitScript(() => {
    const later = window.setTimeout;
    window.setTimeout = (f, ms, ...more) => (ms >= 1000 ? 0 : later(f, ms, ...more));
  });
  await page.goto(`${args.base}/kiosk?token=${args.token}`);
  for (let rate = 9000, seen = false; !seen; rate = Math.max(rate / 1.5, 4000)) {
    await printer({ faults: { rate } });
    await take(page, lang);
    await page.locator('.ticket').waitFor();
    seen = await page.locator('.busy').count() > 0;
  }
  await check(name, page);
  await page.context().close();
};

await walk(async () => {
  // As a person would: from the first touch to the paper, and how soon it moves.
  const person = await open('person', PORTRAIT);
  const pause = () => person.waitForTimeout(THINKING + REACHING);
  const began = Date.now();
  await person.locator('.tile').first().click();
  await person.locator('.tile').first().waitFor();
  await pause();
  await person.locator('.tile').first().click();
  await person.locator('.take').waitFor();
  await pause();
  await person.locator('.take').click();
  await person.locator('.paper .say.good').waitFor();
  tell({ step: 'person', progress: `${Date.now() - began}ms`, number: (await person.locator('.number').innerText()).trim() });

  // The whole visit with Tab and Enter.
  const keys = await open('tab', LANDSCAPE);
  const tabTo = async (selector) => {
    for (let i = 0; i < 60; i += 1) {
      if (await keys.evaluate((s) => document.activeElement.matches(s), selector)) return;
      await keys.keyboard.press('Tab');
    }
    tell({ step: 'tab', error: `Tab never came to ${selector} on ${keys.url()}` });
  };
  for (const [selector, want] of [['.tile', /kiosk\/field/], ['.tile', /kiosk\/procedure/], ['.take', /kiosk\/ticket/]]) {
    await tabTo(selector);
    await keys.keyboard.press('Enter');
    await keys.waitForURL(want);
  }
  await keys.locator('.paper .say.good').waitFor();
  tell({ step: 'tab', number: (await keys.locator('.number').innerText()).trim() });

  const forms = combined([['portrait', PORTRAIT], ['landscape', LANDSCAPE]], args.languages);
  for (const [[shape, size], lang] of args.visits ? [] : forms) {
    const page = await open('states', size);
    const at = (name) => `${name}-${lang}-${shape}`;
    await printing(at('printing'), size, lang);
    await printer(well);
    for (const [state, condition, selector] of [['screen', { do: 'paper-out' }, '.ticket.screen'], ['asking', { do: 'no-acknowledgement' }, '.ticket.asking']]) {
      await printer(condition);
      await take(page, lang);
      await page.locator(selector).waitFor();
      await check(at(state), page);
      await printer(well);
    }
    await page.locator('.ticket.asking [data-digit="2"]').click();
    await page.locator('.ticket.paper').waitFor();
    await check(at('reprinted'), page);
    for (const [name, path] of [['rate-counters', '/rate?'], ['rate-idle', '/rate?counter=1'], ['rate-late', '/rate?counter=1&late=1'], ['rate-thanks', '/rate?counter=1&thanks=1']]) {
      await page.goto(`${args.base}${path}&lang=${lang}`);
      await check(at(name), page);
    }
    await page.context().close();
  }

  // No numbers any more, and no office any more.
  for (const state of args.visits ? [] : ['stopped', 'closed']) {
    await ask(state);
    for (const [[shape, size], lang] of forms) {
      const page = await open(state, size, `/kiosk?lang=${lang}`);
      await check(`${state}-${lang}-${shape}`, page);
      if (state === 'stopped') {
        await page.locator('.tile').first().click();
        await check(`${state}-field-${lang}-${shape}`, page);
        await page.goto(`${args.base}/kiosk/procedure?id=khai-sinh&lang=${lang}`);
        await check(`${state}-procedure-${lang}-${shape}`, page);
      }
      await page.context().close();
    }
  }
  // A screen that stands follows the office.
  await ask('closed');
  const follows = await device('follows', LANDSCAPE);
  await follows.addInitScript(() => { // It is not the page's own new beginning that is waited for.
    const later = window.setTimeout;
    window.setTimeout = (f, ms, ...more) => (ms >= 1000 ? 0 : later(f, ms, ...more));
  });
  await unhurried(follows);
  await follows.goto(`${args.base}/kiosk?token=${args.token}`);
  await follows.locator('main.problem').waitFor();
  await ask('open');
  await follows.locator('.tile').first().waitFor();
  await follows.context().close();
  tell({ step: 'follows' });

  // A kiosk on another machine: it waits to be paired, works, and is shut out.
  const far = await device('far', PORTRAIT);
  await far.route('**/wait.js', (route) => route.abort()); // It would go on by itself, also while it is looked at.
  await far.goto(args.far + '/kiosk');
  const shows = async (selector) => {
    for (let i = 0; i < 90 && !(await far.locator(selector).count()); i += 1) {
      await far.waitForTimeout(1000);
      await far.goto(args.far + '/kiosk');
    }
  };
  await shows('b');
  await check('unpaired', far);
  await ask('pair', { number: (await far.locator('b').innerText()).trim() });
  await shows('.tile');
  await check('far-home', far);
  await ask('revoke');
  await shows('section b');
  await check('shut-out', far);

  // Where all this is arranged.
  const admin = await open('admin', [1280, 900], '/', args.admin);
  for (const lang of args.languages) for (const [name, path] of [['paper', '/admin/paper?'], ['screens', '/admin/paper/screen?'], ['kiosks', '/admin/kiosks?']]) {
    await admin.goto(`${args.base}${path}lang=${lang}`);
    await check(`admin-${name}-${lang}`, admin, true);
  }
  await admin.goto(`${args.base}/admin/paper/screen?lang=vi`);
  await admin.locator('#inches').fill('21,5');
  await admin.locator('#wide').fill('1080');
  await admin.locator('#high').fill('1920');
  await admin.locator('select[name=picture]').first().selectOption('leaf');
  await admin.locator('input[name=name]').first().fill('Civil status matters');
  const before = await admin.locator('iframe').first().getAttribute('src');
  await admin.locator('button[name=try]').click();
  await admin.waitForFunction((src) => { // The page with the frame from before can still be seen for a moment.
    const now = document.querySelector('iframe');
    return now !== null && now.getAttribute('src') !== src;
  }, before);
  const frame = admin.frameLocator('iframe').first();
  await frame.locator('.tile .pictogram').first().waitFor();
  const wide = await frame.locator('footer .tool').first().evaluate((e) => e.getBoundingClientRect().height);
  await check('admin-screens-tried', admin, true);
  await admin.locator('button[name=save]').click();
  await admin.locator('.note.ok').waitFor();
  const shown = await open('arranged', PORTRAIT, '/kiosk?lang=en', args.admin);
  await shown.locator('.tile').filter({ hasText: 'Civil status matters' }).waitFor();
  await check('arranged', shown);
  tell({ step: 'arranged', tile: wide });
}, SOUNDS);
