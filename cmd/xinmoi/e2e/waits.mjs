// Looks at what citizens are told of their wait, and asks as a leader what would
// have been.
import { args, check, device, narrow, walk } from './page.mjs';

await walk(async () => {
  const phone = await device('ticket', [390, 800], { wrong: (text) => !text.includes('vibrate') });
  await phone.goto(args.ticket);
  await phone.locator('.wait').filter({ hasText: 'Dự kiến chờ' }).waitFor();
  await phone.locator('.basis').filter({ hasText: '2 quầy, mỗi người' }).waitFor();
  await phone.getByText('Có thể không kịp trước giờ đóng cửa').waitFor();
  await check('ticket-waits', phone, { full: true });
  await phone.locator('#travel').selectOption('90');
  await phone.getByRole('button', { name: 'Nhắc tôi giờ đi' }).click();
  await phone.locator('.leave').waitFor();
  await check('ticket-leaves', phone, { full: true });
  await narrow(phone);
  await phone.goto(args.ticket + '?travel=20&lang=en');
  await phone.locator('.wait').filter({ hasText: 'Expected wait' }).waitFor();
  await check('ticket-english', phone, { full: true });

  const page = await device('what-if', [1366, 900]);
  await page.goto(args.admin);
  const link = page.locator('a[href="/admin/what-if"]');
  const fold = page.locator('details').filter({ has: link }).first();
  if (!(await fold.evaluate((panel) => panel.open))) await fold.locator('summary').click();
  await link.first().click();
  await page.waitForURL(args.base + '/admin/what-if');
  await check('what-if', page, { full: true });
  await page.locator('#day').selectOption(args.day);
  await page.locator('#services').fill('A, B');
  await page.locator('#from').fill('08:00');
  await page.locator('#to').fill('10:00');
  await page.getByRole('button', { name: 'Tính' }).click();
  await page.getByRole('heading', { name: 'thêm một quầy cho A, B 08:00–10:00' }).waitFor();
  await check('what-if-replayed', page, { full: true });
  await page.locator('#plan-day').fill(args.next);
  await page.getByRole('button', { name: 'Lập kế hoạch' }).click();
  await page.getByRole('columnheader', { name: 'Nên mở' }).waitFor();
  await check('what-if-plan', page, { full: true });
  await page.setViewportSize({ width: 360, height: 740 });
  await narrow(page);
});
