// A supervisor sees the hall, an alarm comes and is taken care of, and a line
// goes to another counter by a key and by one drag.
import { args, ask, check, device, narrow, tell, walk } from './page.mjs';

const WAIT = { timeout: 90000 };

await walk(async () => {
  const page = await device('live', [1366, 768]);
  await page.goto(args.counter);
  await page.goto(args.live);
  await page.locator('.sums').waitFor(WAIT);
  await ask('numbers');
  await page.locator('.sums dd').filter({ hasText: /^3$/ }).first().waitFor(WAIT);
  await check('live', page);

  // A counter calls for help: it stands here until somebody goes.
  await page.evaluate(() => fetch('/counter/1/help', { method: 'POST' }));
  await page.locator('form.note.fail').waitFor(WAIT);
  await check('live-help', page);
  await page.locator('form.note.fail button').click();
  await page.locator('form.note.fail').waitFor({ state: 'detached', ...WAIT });

  // By keyboard, which stays where it was; then by one drag.
  const cell = (service, counter) => page.locator(`button[data-service="${service}"]`).and(page.locator(`tr[data-counter="${counter}"] button`));
  const on = (service, counter, pressed) => page.locator(`tr[data-counter="${counter}"] button[data-service="${service}"][aria-pressed="${pressed}"]`).waitFor(WAIT);
  await cell('D', 2).focus();
  await page.keyboard.press('Space');
  await on('D', 2, true);
  tell({ step: 'focus', number: await page.evaluate(() => document.activeElement.getAttribute('data-service')) });
  await cell('D', 2).dragTo(page.locator('tr[data-counter="3"]'));
  await on('D', 3, true);
  await on('D', 2, false);
  await ask('assigned');

  await page.setViewportSize({ width: 320, height: 700 });
  await narrow(page);
  await check('live-narrow', page);
  await page.goto(args.live + '/alarms');
  await check('alarms', page);
  await page.goto(args.admin);
  await page.goto(args.rules);
  await check('alarm-rules', page);
});
