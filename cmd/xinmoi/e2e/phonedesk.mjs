// Looks at the page on which an office arranges its telephone, changes the menu
// as an administrator does, and prints the card.
import { args, check, device, narrow, walk } from './page.mjs';

await walk(async () => {
  const page = await device('phone menu', [1366, 900], { wrong: (text) => !text.includes('422') });
  await page.goto(args.admin);
  await page.goto(args.base + '/admin/phone');
  await check('phone-menu', page, { full: true });

  // A key used twice is refused in plain words, and nothing that was typed is lost.
  const row = (i) => page.locator('#menu tbody tr').nth(i);
  await row(0).locator('[name=label]').fill('Khai sinh, kết hôn');
  await row(1).locator('[name=keys]').fill('1');
  await page.locator('#menu form button').first().click();
  await page.getByRole('alert').filter({ hasText: 'dùng hai lần' }).waitFor();
  if (await page.locator('#menu [name=label]').first().inputValue() !== 'Khai sinh, kết hôn') throw new Error('what was typed is lost');
  await check('phone-menu-wrong', page, { full: true });
  await page.locator('#menu tbody tr').nth(1).locator('[name=keys]').fill('2');
  await page.locator('#menu form button').first().click();
  await page.locator('#heard').filter({ hasText: 'Làm thủ tục khai sinh, kết hôn, bấm phím một.' }).waitFor();
  await check('phone-menu-saved', page, { full: true });
  await page.goto(args.base + '/admin/phone?lang=en');
  await page.getByRole('heading', { name: 'Telephone menu' }).waitFor();
  await check('phone-menu-english', page, { full: true });
  await page.goto(args.base + '/admin/phone/card?lang=vi');
  await page.locator('.menu-card').filter({ hasText: 'Khai sinh, kết hôn' }).waitFor();
  await check('phone-card', page, { full: true });

  // A telephone's width.
  await page.setViewportSize({ width: 360, height: 740 });
  await page.goto(args.base + '/admin/phone');
  await narrow(page);
});
