// Looks at the page on which an office arranges its telephone, changes the menu
// as an administrator does, and prints the card. One JSON argument in, one JSON
// line per step out.
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { chromium } from 'playwright-core';

const args = JSON.parse(process.argv[2]);
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const tell = (step) => console.log(JSON.stringify(step));
const browser = await chromium.launch({
  executablePath: args.chromium,
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});

const check = async (name, page) => {
  await page.evaluate(axe);
  const result = await page.evaluate(() => window.axe.run(document, {
    runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
  }));
  if (args.shots) await page.screenshot({ path: `${args.shots}/${name}.png`, fullPage: true });
  tell({ step: 'axe ' + name, violations: result.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target).join(' ')}`) });
};

try {
  const context = await browser.newContext({ locale: 'vi-VN', viewport: { width: 1366, height: 900 } });
  const page = await context.newPage();
  page.on('console', (m) => { if (m.type() === 'error' && !m.text().includes('422')) tell({ step: 'console', error: m.text() }); });
  await page.goto(args.admin);
  await page.goto(args.base + '/admin/phone');
  await check('phone-menu', page);

  // A key used twice is refused in plain words, and nothing that was typed is lost.
  const row = (i) => page.locator('#menu tbody tr').nth(i);
  await row(0).locator('[name=label]').fill('Khai sinh, kết hôn');
  await row(1).locator('[name=keys]').fill('1');
  await page.locator('#menu form button').first().click();
  await page.getByRole('alert').filter({ hasText: 'dùng hai lần' }).waitFor();
  if (await page.locator('#menu [name=label]').first().inputValue() !== 'Khai sinh, kết hôn') throw new Error('what was typed is lost');
  await check('phone-menu-wrong', page);
  await page.locator('#menu tbody tr').nth(1).locator('[name=keys]').fill('2');
  await page.locator('#menu form button').first().click();
  await page.locator('#heard').filter({ hasText: 'Để làm thủ tục khai sinh, kết hôn, bấm phím một.' }).waitFor();
  await check('phone-menu-saved', page);
  await page.goto(args.base + '/admin/phone?lang=en');
  await page.getByRole('heading', { name: 'Telephone menu' }).waitFor();
  await check('phone-menu-english', page);
  await page.goto(args.base + '/admin/phone/card?lang=vi');
  await page.locator('.menu-card').filter({ hasText: 'Khai sinh, kết hôn' }).waitFor();
  await check('phone-card', page);

  // A telephone's width.
  await page.setViewportSize({ width: 360, height: 740 });
  await page.goto(args.base + '/admin/phone');
  const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  tell(over > 0 ? { step: 'narrow', error: `the page is ${over} px too wide` } : { step: 'narrow' });
} catch (e) {
  tell({ step: 'browser', error: e.message });
} finally {
  await browser.close();
}
