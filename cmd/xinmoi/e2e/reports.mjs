// Reads the report of a day as a leader does: the figures, the tickets behind
// one of them, the same in English, and the paper with the office's heading.
import { args, check, device, narrow, walk } from './page.mjs';

await walk(async () => {
  const page = await device('reports', [1366, 900]);
  await page.goto(args.staff);
  await page.getByRole('heading', { level: 1, name: 'Báo cáo' }).waitFor();
  const row = page.getByRole('row', { name: 'Số phiếu đã cấp' });
  if (!(await row.textContent()).includes('6')) throw new Error('6 numbers were issued: ' + await row.textContent());
  if (await page.locator('svg.chart').count() < 1) throw new Error('no picture');
  await check('reports', page, { full: true });

  // A figure leads to its tickets, by the keyboard too.
  const link = page.getByRole('row', { name: 'Vắng mặt khi gọi' }).getByRole('link');
  await link.focus();
  await page.keyboard.press('Enter');
  await page.getByRole('row', { name: args.absent }).waitFor();
  await check('reports-tickets', page);
  await page.getByRole('link', { name: 'Về báo cáo' }).click();
  await page.getByRole('heading', { level: 1, name: 'Báo cáo' }).waitFor();

  // The other language keeps the period.
  const from = new URL(page.url()).searchParams.get('from');
  await page.getByRole('link', { name: 'English' }).click();
  await page.getByRole('heading', { level: 1, name: 'Report' }).waitFor();
  if (await page.locator('#from').inputValue() !== from) throw new Error('the period is lost');
  await check('reports-english', page);

  // On paper, with the heading of the office.
  await page.goto(args.base + '/reports?lang=vi');
  await page.getByText('In báo cáo theo thể thức').click();
  await page.getByLabel('Cơ quan chủ quản').fill('UBND xã Bình An');
  await page.getByLabel('Địa danh').fill('Bình An');
  await page.getByRole('button', { name: 'Mở bản in' }).click();
  await page.getByText('CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM').waitFor();
  await page.getByText('UBND XÃ BÌNH AN').waitFor();
  await check('reports-print', page, { full: true });
  if (args.shots) await page.pdf({ path: args.shots + '/reports.pdf', preferCSSPageSize: true });

  // A period without a day says so.
  await page.goto(args.base + '/reports?from=2001-01-01&to=2001-01-31');
  await page.getByRole('heading', { name: 'Không có ngày làm việc nào' }).waitFor();
  await check('reports-none', page);

  await page.setViewportSize({ width: 320, height: 740 });
  await page.goto(args.base + '/reports?lang=en');
  await narrow(page);
});
