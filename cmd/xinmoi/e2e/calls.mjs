// Looks at the page of telephone calls while somebody calls.
import { args, check, device, narrow, tell, walk } from './page.mjs';

await walk(async () => {
  const page = await device('calls', [1366, 900], { wrong: () => true });
  await page.goto(args.page);
  tell({ step: 'open' }); // Now somebody calls.
  await page.locator('#live').filter({ hasText: '0987***321' }).waitFor();
  await check('calls-live', page, { full: true });

  // The page moves on by itself: the call is at another place, then over.
  await page.locator('#live').filter({ hasText: 'B001' }).waitFor();
  tell({ step: 'moved on' });
  await page.locator('#live a').first().click();
  await page.locator('.trace li').first().waitFor();
  await page.locator('.trace summary').first().click();
  await check('call', page, { full: true });
  await page.goBack();
  await page.locator('#over').filter({ hasText: '0987***321' }).waitFor();
  await check('calls-over', page, { full: true });
  await page.goto(page.url().split('?')[0] + '?lang=en');
  await page.getByRole('heading', { name: 'Telephone calls' }).waitFor();
  await check('calls-english', page, { full: true });

  // A telephone's width, and no JavaScript at all.
  const bare = await device('plain', [360, 740], { javaScriptEnabled: false });
  await bare.goto(args.page);
  await bare.locator('#over').filter({ hasText: '0987***321' }).waitFor();
  if (args.shots) await bare.screenshot({ path: `${args.shots}/calls-narrow.png`, fullPage: true });
  const small = await device('small', [360, 740], { wrong: () => true });
  await small.goto(args.page);
  await narrow(small);
  tell({ step: 'without script' });
});
