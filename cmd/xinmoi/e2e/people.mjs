// The first administrator, an agent's account, the forced change of the first
// password, a call at the counter, and the audit log that shows who it was: all
// of it by keyboard and mouse in two browsers.
import { args, ask, check, device, narrow, tell, walk } from './page.mjs';

const OWN = 'bốn con chim nhỏ';
const WAIT = 90000; // Other tests run beside.

const browse = async (name) => {
  const page = await device(name, [1366, 768]);
  page.setDefaultTimeout(WAIT);
  return page;
};

await walk(async () => {
  const chief = await browse('chief');
  await chief.goto(args.admin);
  await chief.locator('#panel-people a[href="/admin/people/first"]').click();
  await check('people-first', chief, { full: true });
  await chief.fill('#name', 'Chánh Văn Phòng');
  await chief.fill('#display', 'Trần Văn An');
  await chief.fill('#password', OWN);
  await chief.fill('#again', OWN);
  await chief.keyboard.press('Enter');
  await chief.locator('#name-wrong').waitFor(); // A name like that is not one; what was typed is still there.
  if (await chief.inputValue('#display') !== 'Trần Văn An') tell({ step: 'first', error: 'what was typed is gone' });
  await check('people-first-wrong', chief, { full: true });
  await chief.fill('#name', 'an.tv');
  await chief.fill('#password', OWN);
  await chief.fill('#again', OWN);
  await chief.keyboard.press('Enter');
  await chief.waitForURL('**/admin/people');
  tell({ step: 'first' });

  await chief.fill('#name', 'lan.nt');
  await chief.fill('#display', 'Nguyễn Thị Lan');
  await chief.selectOption('#role', 'agent');
  await chief.fill('#counters', '1');
  await chief.locator('form[action="/admin/people/add"] button').click();
  const first = (await chief.locator('#given-password').innerText()).trim();
  await check('people', chief, { full: true });
  await chief.setViewportSize({ width: 320, height: 640 });
  await narrow(chief);
  await chief.setViewportSize({ width: 1366, height: 768 });

  const lan = await browse('lan');
  await lan.goto(args.counter);
  await lan.waitForURL('**/login?next=*');
  await check('login', lan);
  await lan.keyboard.type('lan.nt');
  await lan.keyboard.press('Tab');
  await lan.keyboard.type('not the password');
  await lan.keyboard.press('Enter');
  await lan.locator('[role=alert]').waitFor();
  await check('login-wrong', lan);
  await lan.fill('#password', first);
  await lan.keyboard.press('Enter');
  await lan.locator('#again').waitFor();
  await check('login-change', lan);
  await lan.fill('#password', OWN + ' 2');
  await lan.fill('#again', OWN + ' 2');
  await lan.keyboard.press('Enter');
  await lan.locator('a[href="/counter/1"]').waitFor(); // Which counter?
  await check('counters-signed-in', lan);
  tell({ step: 'signed in' });

  await ask('a ticket');
  await lan.locator('a[href="/counter/1"]').click();
  await lan.locator('#open').click();
  await lan.locator('#mode').filter({ hasText: /mở|open/i }).waitFor();
  await lan.waitForFunction(() => document.querySelector('#step').getAttribute('aria-disabled') !== 'true');
  await lan.waitForFunction(() => {
    if (document.querySelector('#number').textContent.trim() === '–') document.querySelector('#step').click();
    return document.querySelector('#number').textContent.trim() === 'A001';
  }, null, { polling: 1500 });
  tell({ step: 'called' });
  const refused = await lan.goto(args.audit);
  if (refused.status() !== 403) tell({ step: 'called', error: 'an agent reads the audit log: ' + refused.status() });
  await lan.goto(args.account);
  await check('account', lan, { full: true });
  await lan.locator('form[action="/account/codes"] button').click();
  await lan.locator('img[src="/account/codes.png"]').waitFor();
  await check('account-codes', lan, { full: true });

  await chief.goto(args.audit);
  const line = chief.locator('tr', { hasText: 'staff:lan.nt' }).filter({ hasText: 'A001' }).filter({ hasText: 'Gọi số' });
  await line.first().waitFor();
  await check('audit', chief, { full: true });
  tell({ step: 'audited' });

  const board = await browse('board');
  await board.goto(args.pair);
  await check('pair', board); // Before it shows the code: from then on it loads itself again.
  await board.selectOption('#role', 'board');
  await board.fill('#name', 'Bảng sảnh');
  await board.keyboard.press('Enter');
  const code = (await board.locator('#code').innerText()).trim();
  await chief.goto(args.devices);
  await chief.fill('#code', code);
  await chief.keyboard.press('Enter');
  await chief.locator('[role=status]').waitFor();
  await check('devices', chief, { full: true });
  await board.waitForURL('**/board');
  tell({ step: 'paired' });

  await ask('shut');
  await lan.goto(args.account);
  await lan.waitForURL('**/login?next=*');
  tell({ step: 'shut out' });
});
