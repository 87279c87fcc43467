// A counter's day over a line that breaks: lost answers, a killed server, a
// second console at the same counter, and the small window.
import { args, ask, check, device, narrow, tell, walk } from './page.mjs';

const WAIT = { timeout: 90000 };
const quiet = { wrong: (text) => /Content Security Policy/.test(text) };

await walk(async () => {
  const desk = await device('console', [1366, 768], quiet);
  await desk.goto(args.counter);
  await desk.goto(args.desk);
  const ready = () => desk.waitForFunction(() => document.querySelector('#step').getAttribute('aria-disabled') !== 'true', null, WAIT);
  // A press too soon after another is taken for a bouncing key and does nothing:
  // it is repeated, as people do.
  const until = async (key, done) => {
    for (;;) {
      await ready();
      if (await desk.evaluate(done)) return;
      await desk.keyboard.press(key);
      if (await desk.waitForFunction(done, null, { timeout: 2500 }).then(() => true, () => false)) return;
    }
  };
  await until('/', () => document.querySelector('#mode').classList.contains('open'));

  // A number for somebody at the counter, by keys.
  await until('i', () => !document.querySelector('#sheet').hidden);
  await check('console-issue', desk);
  await until('1', () => !!document.querySelector('#sheet .number'));
  tell({ step: 'issued', number: (await desk.locator('#sheet .number').innerText()).trim() });
  await desk.keyboard.press('Escape');
  await ask('another');

  // The answer to "next" is lost after the deed, and the line is dead for a
  // while: the same press is sent again, and calls once.
  let tries = 0;
  await desk.route('**/counters/1/next', async (route) => {
    tries += 1;
    if (tries === 1) await route.fetch().catch(() => {});
    if (tries < 3) return route.abort();
    return route.continue();
  });
  await until('Enter', () => document.querySelector('#number').textContent === 'A001');
  await ready(); // The stream may show the call before the press has its answer.
  if (tries < 3) tell({ step: 'called', error: `the press was sent ${tries} times, want 3` });
  await desk.unroute('**/counters/1/next');
  tell({ step: 'called', tries });
  await ask('called once');

  // The server dies while "start" is pressed; the console says so, and goes on.
  await ask('kill');
  await desk.locator('#line.lost').waitFor(WAIT);
  await check('console-lost', desk);
  await until('Enter', () => document.querySelector('#message').textContent !== '');
  await ask('run');
  await until('Enter', () => document.querySelector('#facts').textContent.includes('Đang phục vụ'));
  await desk.waitForFunction(() => document.querySelector('#line').className !== 'lost', null, WAIT);
  await ask('serving');

  // A second console at the same counter: both are told, the newer takes over.
  const other = await desk.context().newPage();
  await other.goto(args.desk);
  await other.locator('#take-over').waitFor(WAIT);
  await desk.locator('#shared.warn').waitFor(WAIT);
  await check('console-shared', other);
  await other.locator('#take-over').click();
  await desk.locator('#take-over').waitFor(WAIT);
  await desk.keyboard.press('0');
  await desk.locator('#message .warn').waitFor(WAIT);
  await ask('serving');
  await other.close();
  await desk.locator('#shared').waitFor({ state: 'hidden', ...WAIT });

  // The small window does the same work.
  const opening = desk.context().waitForEvent('page', WAIT);
  await desk.bringToFront();
  await desk.locator('#small').click();
  const small = await opening;
  await small.locator('.number').filter({ hasText: 'A001' }).waitFor(WAIT);
  await check('console-small', small);
  for (let gone = false; !gone;) {
    await small.locator('button.step').click();
    gone = await desk.waitForFunction(() => document.querySelector('#number').textContent === '–', null, { timeout: 2500 }).then(() => true, () => false);
  }
  await ask('completed');
  await small.close();

  await desk.setViewportSize({ width: 320, height: 700 });
  await narrow(desk);
  await check('console-narrow', desk);
});
