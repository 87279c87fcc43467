// Looks at the page of telephone calls while somebody calls. One JSON argument
// in, one JSON line per step out.
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
  page.on('pageerror', (e) => tell({ step: 'script', error: e.message }));
  page.on('console', (m) => { if (m.type() === 'error') tell({ step: 'console', error: m.text() }); });
  await page.goto(args.page);
  tell({ step: 'open' }); // Now somebody calls.
  await page.locator('#live').filter({ hasText: '0987***321' }).waitFor({ timeout: 90000 });
  await check('calls-live', page);

  // The page moves on by itself: the call is at another place, then over.
  await page.locator('#live').filter({ hasText: 'B001' }).waitFor({ timeout: 90000 });
  tell({ step: 'moved on' });
  await page.locator('#live a').first().click();
  await page.locator('.trace li').first().waitFor({ timeout: 90000 });
  await page.locator('.trace summary').first().click();
  await check('call', page);
  await page.goBack();
  await page.locator('#over').filter({ hasText: '0987***321' }).waitFor({ timeout: 120000 });
  await check('calls-over', page);
  await page.goto(page.url().split('?')[0] + '?lang=en');
  await page.getByRole('heading', { name: 'Telephone calls' }).waitFor({ timeout: 90000 });
  await check('calls-english', page);

  // A telephone's width, and no JavaScript at all.
  const plain = await browser.newContext({ locale: 'vi-VN', javaScriptEnabled: false, viewport: { width: 360, height: 740 } });
  const bare = await plain.newPage();
  await bare.goto(args.page);
  await bare.locator('#over').filter({ hasText: '0987***321' }).waitFor({ timeout: 90000 });
  if (args.shots) await bare.screenshot({ path: `${args.shots}/calls-narrow.png`, fullPage: true });
  const wide = await context.newPage();
  await wide.setViewportSize({ width: 360, height: 740 });
  await wide.goto(args.page);
  const over = await wide.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  tell(over > 0 ? { step: 'narrow', error: `the page is ${over} px too wide` } : { step: 'narrow' });
  tell({ step: 'without script' });
} catch (e) {
  tell({ step: 'browser', error: e.message });
} finally {
  await browser.close();
}
