// Walks a browser through a running office as its users do.
import { MICROPHONE, SOUNDS, args, ask, check, device, tell, walk } from './page.mjs';

const open = async (name, url, width, height) => {
  const page = await device(name, [width, height]);
  await page.goto(url);
  return page;
};

await walk(async () => {
  const board = await open('board', args.board, 1920, 1080);
  await check('board-empty', board);

  // A citizen at the kiosk: field, procedure, number.
  const kiosk = await open('kiosk', args.kiosk, 1080, 1920);
  await check('kiosk', kiosk);
  const tile = await kiosk.locator('.tile').first().boundingBox();
  await kiosk.locator('.tile').first().click();
  await check('kiosk-procedures', kiosk);
  await kiosk.locator('.tile').first().click();
  await kiosk.locator('.take').click();
  await kiosk.locator('.say.good').waitFor();
  const number = (await kiosk.locator('.number').innerText()).trim();
  await check('kiosk-ticket', kiosk);
  tell({ step: 'kiosk', number, tile: Math.min(tile.width, tile.height) });
  await kiosk.context().close(); // Left alone it would draw attention, at the cost of all others.

  // The paper's QR code leads to the ticket's page.
  const { url } = await ask('paper', { number });
  const own = await open('ticket', url, 360, 740);
  await own.locator('.ticket.waiting').waitFor();
  await check('ticket', own);
  tell({ step: 'ticket', number: (await own.locator('.number').first().innerText()).trim() });

  // The counter calls: with the mouse first, with keys then.
  const counter = await open('counter', args.counter, 1366, 768);
  // A key pressed while an action is on its way, or right after one, is taken
  // for a bouncing key; people are slower than that.
  const ready = async () => {
    await counter.waitForFunction(() => document.querySelector('#step').getAttribute('aria-disabled') !== 'true');
    await counter.waitForTimeout(1000);
  };
  await check('counters', counter);
  await counter.locator('a[href="/counter/1"]').click();
  await counter.locator('#open').click();
  await counter.locator('#mode').filter({ hasText: /mở|open/i }).waitFor();
  await check('counter', counter);
  await ready(); // It may be seen to be open before the press is answered.
  await counter.locator('#step').click();
  await counter.waitForFunction((n) => document.querySelector('#number').textContent.trim() === n, number);
  await check('counter-called', counter);
  tell({ step: 'called', number });

  // Board and ticket page hear of it by themselves.
  await board.locator(`.seat[data-number="${number}"]`).waitFor();
  await own.locator('.ticket.called').waitFor();
  await check('board', board);
  await check('ticket-called', own);
  tell({ step: 'heard' });

  if (!await own.locator('#alert').isVisible()) tell({ step: 'ticket', error: 'no bell while there is a turn to wait for' });
  for (const [key, want] of [['+', 'called twice'], ['Enter', 'serving'], ['0', 'completed']]) {
    await ready();
    await counter.keyboard.press(key);
    await ask(want, { number });
  }
  await own.locator('.ticket.completed').waitFor();
  await own.locator('#alert').waitFor({ state: 'hidden' });
  const gap = await own.evaluate(() => document.querySelector('a[href="/board"]').getBoundingClientRect().top - document.querySelector('#state').lastElementChild.querySelector('.rate').getBoundingClientRect().bottom);
  if (gap < 16) tell({ step: 'ticket', error: `the way to the board is ${gap} px under the ratings` });

  // The day at the counter, by single keys: a priority number is checked, set
  // aside, taken back by undo, set aside again and gone on with; the sheets that
  // ask are as accessible as the pages.
  const second = await open('kiosk', args.kiosk, 1366, 768);
  await second.locator('.wish.hearing').click();
  await second.locator('.wish.priority').click();
  await second.locator('.wish.priority.on').waitFor();
  await check('kiosk-wishes', second);
  await second.locator('.tile').first().click();
  await second.locator('.tile').first().click();
  await second.locator('.take').click();
  await second.locator('.number').waitFor();
  await second.context().close();
  const press = async (...keys) => {
    for (const key of keys) {
      await ready();
      await counter.keyboard.press(key);
    }
  };
  const sheet = async (name) => {
    await counter.locator('#sheet h2').waitFor();
    await counter.waitForTimeout(500);
    await check(name, counter);
  };
  await press('Enter');
  await counter.locator('#class-check.warn').waitFor();
  await counter.locator('.badge.hearing').waitFor();
  await check('counter-priority', counter);
  await press('e');
  await counter.locator('#class-check.ok').waitFor();
  await press('p');
  await sheet('counter-park');
  await counter.keyboard.press('1');
  await ask('parked', { number: 'A002' });
  await press('u');
  await ask('called', { number: 'A002' });
  await press('p');
  await sheet('counter-park-again');
  await counter.keyboard.press('2');
  await counter.waitForFunction(() => document.querySelector('#count-parked').textContent === '1');
  await press('r');
  await sheet('counter-parked');
  await counter.keyboard.press('1');
  await counter.locator('#sheet dl').waitFor();
  await sheet('counter-ticket');
  await counter.keyboard.press('1');
  await ask('called again', { number: 'A002' });
  await press('v');
  await sheet('counter-why');
  await counter.keyboard.press('Escape');
  await press('x');
  await sheet('counter-close');
  await counter.keyboard.press('1');
  await ask('completed', { number: 'A002' });
  await own.goto(url + '/why');
  await check('ticket-why', own);
  await own.goto(url);
  tell({ step: 'day' });

  // The server restarts; board and console come back by themselves.
  await ask('restart and call');
  await board.locator('.seat[data-number="D001"]').waitFor();
  await counter.waitForFunction(() => document.querySelector('#number').textContent.trim() !== '');
  tell({ step: 'restarted' });

  const home = await open('home', args.home, 360, 740);
  await check('home', home);
  await home.goto(args.home + '?lang=en');
  await check('home-en', home);
  const admin = await open('admin', args.admin, 1366, 768);
  await check('admin', admin);

  // Staff tell the hall something urgent: it stands on the boards until taken back.
  await admin.locator('a[href="/admin/sound"]').first().click();
  await admin.locator('#text').fill('Mời mọi người ra cửa chính');
  await check('sound', admin);
  await admin.locator('button[name="emergency"]').click();
  await admin.locator('.up li').waitFor();
  await check('sound-emergency', admin);
  await board.locator('.notice.emergency').filter({ hasText: 'ra cửa chính' }).waitFor();
  await check('board-emergency', board);
  await admin.locator('.up button').first().click();
  await board.locator('.notice').waitFor({ state: 'detached' });

  // And by voice: hold the button, speak, let go.
  const talk = await admin.locator('#talk').boundingBox();
  await admin.mouse.move(talk.x + 5, talk.y + 5);
  await admin.mouse.down();
  await admin.locator('#talk.on').waitFor();
  await admin.waitForTimeout(1500);
  await admin.mouse.up();
  await admin.waitForFunction(() => document.getElementById('mic-state').textContent === document.getElementById('mic').dataset.sent);
  tell({ step: 'told the hall' });
  const paper = await open('paper', args.paper, 1366, 768);
  await check('paper', paper);
}, [...SOUNDS, ...MICROPHONE]);
