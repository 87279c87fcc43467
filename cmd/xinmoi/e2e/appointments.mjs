// A whole visit of somebody at home. On a cheap phone without scripts: looks at
// the queue, books, is confirmed by staff and reminded, checks in at the kiosk,
// looks the number up, is called, and says how it was. A second phone with
// scripts follows the same number live; staff hear of who was not content.
import { args, ask, check, device, narrow, tell, unhurried, walk } from './page.mjs';

// weigh tells how much goes over the line when a page is opened the first time:
// answers with their headers, styles, scripts, fonts and all. Not what comes
// later, if the page is live.
const weigh = async (name, url) => {
  const page = await device(name, [360, 740]);
  const answers = [];
  const came = (r) => answers.push(r.sizes().then((s) => s.responseBodySize + s.responseHeadersSize));
  page.on('requestfinished', came);
  await page.goto(url, { waitUntil: 'load' });
  page.off('requestfinished', came); // What comes while the page is closed cannot be weighed.
  const sizes = await Promise.all(answers);
  tell({ step: 'weighed ' + name, takes: sizes.reduce((a, b) => a + b, 0) });
  await page.context().close();
};

await walk(async () => {
  const phone = await device('phone', [320, 568], { javaScriptEnabled: false });
  const seen = await device('phone-checked', [320, 568]); // The same pages with scripts, for axe.
  let turn = 0;
  // One language each, all in the long form.
  const look = async (name, url, page = seen) => {
    const at = new URL(url, args.base);
    const langs = turn++ % 2 ? ['en', 'vi'] : ['vi', 'en'];
    for (const lang of args.all ? langs : langs.slice(0, 1)) {
      at.searchParams.set('lang', lang);
      await page.goto(at.href);
      await check(`${name}-${lang}`, page, { full: true });
      if (page === seen) await narrow(page);
    }
  };
  const words = () => phone.locator('main').innerText();
  await weigh('home', args.base + '/');
  await look('home', '/');

  // Service, day, half-hour, telephone number.
  await phone.goto(args.base + '/?lang=vi');
  await phone.locator('a[href="/hen"]').first().click();
  await phone.locator('main a.button').first().click();
  await phone.locator('main a.button').first().click();
  await look('hen-slots', phone.url());
  await phone.locator('input[name=start]').first().check();
  await phone.locator('#phone').fill('0912 345 678');
  await phone.locator('form[action="/hen"] button').click();
  await phone.waitForURL(/\/hen\/\d{9}$/);
  const code = phone.url().slice(-9);
  await look('hen-own', phone.url());
  tell({ step: 'booked', number: code, words: await words() });

  // Staff say yes with one key, and have people reminded when the test says.
  const staff = await device('staff', [1366, 768]);
  await staff.goto(args.staff);
  await staff.locator('form[action="/counter/bookings/confirm"] button').click();
  await staff.locator('form[action="/counter/bookings/check-in"] button').waitFor();
  await check('bookings', staff, { full: true });
  await staff.setViewportSize({ width: 320, height: 568 });
  await narrow(staff);
  await phone.reload();
  tell({ step: 'confirmed', words: await words() });
  const admin = await device('admin', [1366, 768]);
  await admin.goto(args.admin);
  await admin.locator('#remind').fill((await ask('remind', { number: code })).minutes);
  await admin.locator('form[action="/admin/appointments/save"] button').last().click();
  await admin.locator('.note.ok').waitFor();
  await look('appointment-settings', '/admin/appointments', admin);
  await admin.setViewportSize({ width: 320, height: 568 });
  await narrow(admin);
  await admin.setViewportSize({ width: 1366, height: 768 });
  await look('rating-settings', '/admin/setup/rating', admin);
  await weigh('hen', args.base + '/hen');
  await ask('reminded');

  // It is time: the test moves the booking to the half-hour that is running.
  await ask('now', { number: code });
  const kiosk = await device('kiosk', [1080, 1920]);
  await unhurried(kiosk);
  await kiosk.goto(args.kiosk);
  await kiosk.goto(args.base + '/kiosk/find');
  await kiosk.locator('#f-code').fill(code);
  await kiosk.locator('form.ask button.button').click();
  await kiosk.locator('form[action$="/check-in"] button').waitFor();
  await check('kiosk-appointment', kiosk);
  await kiosk.locator('form[action$="/check-in"] button').click();
  await kiosk.locator('.number').waitFor();
  const number = (await kiosk.locator('.number').innerText()).trim();
  tell({ step: 'arrived', number });

  // The number is looked up by the code on the paper, and followed.
  const paper = await ask('paper', { number });
  await phone.goto(args.base + '/');
  await phone.locator('#code').fill(paper.code);
  await phone.locator('form.find button').click();
  await phone.waitForURL(/\/t\//);
  const own = phone.url();
  await weigh('ticket', own);
  await look('ticket', own);
  await ask('call');
  await seen.locator('body.flash .ticket.called').waitFor();
  await check('ticket-called', seen);
  await seen.locator('.ticket.called h1').click(); // Seen: it need not ring on.
  await seen.locator('body:not(.flash)').waitFor();
  await phone.reload();
  tell({ step: 'called', number, words: await words() });
  await ask('finish', { number });
  await seen.locator('.levels').waitFor();
  await check('ticket-rate', seen, { full: true });

  // Who is not content says what was wrong, without scripts.
  await phone.reload();
  await phone.locator('.levels a').last().click();
  await look('rate-reasons', phone.url());
  await phone.locator('input[name=reason]').first().check();
  await phone.locator('form.reasons button').click();
  await phone.locator('.ticket.completed').waitFor();
  tell({ step: 'rated', number, words: await words() });

  // Staff hear of it, and write down what was done.
  await ask('alarmed', { number });
  await look('alarms', '/live/alarms', admin);
  const row = admin.locator('tr', { hasText: number });
  await row.locator('summary').click();
  await row.locator('textarea').fill('Đã mở thêm quầy');
  await row.locator('button').click();
  await admin.locator('tr', { hasText: 'Đã mở thêm quầy' }).waitFor();
  tell({ step: 'noted' });
});
