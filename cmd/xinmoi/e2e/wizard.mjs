// Sets an office up in the browser alone, from an empty store to the first
// number called, counting what a newcomer has to type or press; then looks at
// the pages with which an office is set up and kept running.
import { args, check, device, narrow, tell, walk } from './page.mjs';

await walk(async () => {
  let inputs = 0;
  const page = await device('wizard', [1366, 768]);
  const press = async (selector) => { inputs++; await page.locator(selector).click(); };
  const type = async (selector, text) => { inputs++; await page.locator(selector).fill(text); };
  // Steps are alike: without somebody to look at pictures, some stand for all.
  const at = async (step) => {
    await page.waitForURL(new RegExp(`step=${step}`));
    if (args.shots || ['account', 'call'].includes(step)) await check(`wizard-${step}`, page, { full: true });
  };

  await page.goto(args.admin);
  await check('admin-fresh', page, { full: true });
  await press('#wizard');
  await page.locator('#f-name').waitFor();
  await type('#f-name', '');
  inputs--; // Not a step that anybody needs: what is missing is said, and nothing is lost.
  await page.locator('#f-address').fill('Thôn 3, xã Tân Phú, tỉnh Đồng Nai');
  await page.locator('#next').click();
  await page.locator('#e-name').waitFor();
  await check('wizard-wrong', page, { full: true });
  if (await page.locator('#f-address').inputValue() !== 'Thôn 3, xã Tân Phú, tỉnh Đồng Nai') tell({ step: 'lost', error: 'the address that was typed is lost' });
  inputs++; // The address.
  await type('#f-name', 'Trung tâm Phục vụ hành chính công xã Tân Phú');
  await press('#next');
  await at('services');
  await type('#f-lines', 'Hộ tịch, chứng thực\nĐất đai, xây dựng\nTiếp công dân'); // Without letters: A, B, C.
  await press('#next');
  await at('counters');
  await page.locator('#saved', { hasText: 'cùng tên hàng đợi: Tiếp công dân' }).waitFor();
  await type('#f-count', '3');
  await press('#next');
  await at('hours');
  await page.locator('#saved', { hasText: 'Quầy số 3: A, B, C' }).waitFor();
  await press('#next'); // Office hours and the public holidays are chosen already.
  await at('rules');
  await page.locator('#saved', { hasText: /Đã thêm \d+ ngày nghỉ.*Tết Nguyên đán/s }).waitFor();
  await press('#next');
  await at('channels');
  await press('#next');
  await at('account');
  await type('#f-name', 'lan');
  await type('#f-password', 'Hoa sen trong hồ 7');
  await type('#f-again', 'Hoa sen trong hồ 7');
  await press('#next');
  await at('sound');
  await press('#test');
  await page.locator('.note[role=status], .note[role=alert]').waitFor(); // A machine without a loudspeaker says so.
  await press('#next');
  await at('ticket');
  await press('#next');
  await at('call');
  await press('#next');
  await page.locator('#called').waitFor();
  await check('wizard-done', page, { full: true });
  tell({ step: 'called', number: (await page.locator('#called b').innerText()).trim(), takes: inputs });

  // The board shows it, and that it is a trial.
  const board = await device('board', [1920, 1080]);
  await board.goto(args.board);
  await board.locator('.seat[data-number="A001"]').waitFor();
  await board.locator('.notice.emergency', { hasText: 'CHẠY THỬ' }).waitFor();
  await check('board-trial', board);
  const kiosk = await device('kiosk', [1080, 1920]);
  await kiosk.goto(args.kiosk);
  await kiosk.locator('.trial').waitFor();
  for (const queue of ['Hộ tịch', 'Đất đai', 'Tiếp công dân']) await kiosk.locator('.tile', { hasText: queue }).first().waitFor(); // Every queue is offered.
  await check('kiosk-trial', kiosk);
  await kiosk.context().close();
  await page.locator('#end-trial').click();
  await page.locator('#end-trial-sure').click(); // A001 is in hand: it is asked.
  await page.waitForURL(/step=done/);
  await page.locator('#end-trial').waitFor({ state: 'detached' });
  await board.locator('.notice.emergency').waitFor({ state: 'detached' });
  await board.locator('.seat[data-number="A001"]').waitFor({ state: 'detached' });
  tell({ step: 'trial over' });

  const phone = await device('phone', [360, 740]);
  await phone.goto(args.admin);
  const origin = new URL(args.admin).origin;
  const some = ['setup', 'setup/rules', 'setup/days', 'setup/counters/new', 'health', 'office-file'];
  const more = ['setup/office', 'setup/hours', 'setup/services', 'setup/services/of/A', 'setup/procedures', 'setup/procedures/new', 'setup/zones/new', 'backup', 'print'];
  for (const path of args.shots ? [...some, ...more] : some) {
    await phone.goto(`${origin}/admin/${path}`);
    await check(path.replaceAll('/', '-'), phone, { full: true });
    await narrow(phone);
  }
  // The wizard on a telephone, in both languages; all of it where somebody looks.
  const narrowly = args.shots ? ['office', 'services', 'counters', 'hours', 'rules', 'channels', 'account', 'sound', 'ticket', 'call', 'done'] : ['services', 'hours', 'sound', 'done'];
  for (const [i, step] of narrowly.entries()) for (const lang of args.shots ? ['vi', 'en'] : [['vi', 'en'][i % 2]]) {
    await phone.goto(`${origin}/admin/wizard?step=${step}&lang=${lang}`);
    await check(`wizard-phone-${step}-${lang}`, phone, { full: true });
    await narrow(phone);
  }
  await phone.goto(`${origin}/admin?lang=vi`);
  await phone.goto(`${origin}/install-ca`);
  await check('install-ca', phone, { full: true });
  for (const path of args.shots ? ['poster-a3', 'poster-a4', 'leaflet', 'phone-card'] : ['poster-a4', 'phone-card']) {
    await page.goto(`${origin}/admin/print/${path}`);
    await check(path, page, { full: true });
    if (args.shots) await page.pdf({ path: `${args.shots}/${path}.pdf`, preferCSSPageSize: true, printBackground: false });
  }
  tell({ step: 'pages' });

  // By https: refused by who does not trust the office, taken by who does.
  if (args.https) {
    const stranger = await device('stranger', [800, 600]);
    const refused = await stranger.goto(args.https).then(() => '', (e) => e.message);
    tell({ step: 'stranger', error: /ERR_CERT_AUTHORITY_INVALID/.test(refused) ? undefined : `a browser that does not trust the office: ${refused}` });
  }
});
