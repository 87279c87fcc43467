// Records a voice as a person does, with a file in the place of the microphone
// and one browser per sitting.
import { MICROPHONE, SOUNDS, args, check as look, device, tell, tooWide, walk } from './page.mjs';

let page;

const check = async (name) => look(`studio-${args.stage}-${name}`, page, { full: true, more: await tooWide(page) ? ['the page is wider than the window'] : [] });

const ready = () => page.waitForFunction(() => document.documentElement.dataset.ready === 'yes');
const idle = () => page.waitForFunction(() => /^(Thu|Record)$/.test(document.querySelector('#record-words').textContent));
const shown = () => page.evaluate(() => document.querySelector('#place').textContent.split('·')[1].trim());
const takes = () => page.locator('#takes button').count();

// The file is played again and again; begin in its silence, as a person begins
// when ready.
const inSilence = () => page.evaluate(() => new Promise((done) => {
  const level = document.querySelector('#level');
  let loud = false, quiet = 0;
  const timer = setInterval(() => {
    const now = parseFloat(level.style.width || '0');
    if (now > 30) { loud = true; quiet = 0; } else if (loud && now < 20) { quiet++; }
    if (loud && quiet >= 6) { clearInterval(timer); done(); }
  }, 50);
}));

const read = async (press) => {
  const before = await takes();
  await inSilence();
  await press();
  await page.waitForFunction((n) => document.querySelectorAll('#takes button').length > n, before);
  await idle();
  await page.waitForFunction(() => document.querySelectorAll('#findings li').length > 0);
  return page.evaluate(() => Array.from(document.querySelectorAll('#findings li')).map((li) => li.className + ' ' + li.textContent));
};

const stages = {
  // Consent, microphone check, the first clip: recorded, again, cut by hand, kept.
  async first() {
    await page.goto(args.url);
    await check('projects');
    await page.fill('#speaker', 'Nguyễn Thị Đào');
    await page.selectOption('#licence', 'CC-BY-4.0');
    await page.check('#consent');
    await page.click('form.new button');
    await ready();
    await check('begin');
    await page.click('#room-button');
    await page.waitForFunction(() => document.querySelectorAll('#room-findings li').length > 0);
    await idle();
    tell({ step: 'room', words: await page.locator('#room').innerText() });
    const clip = await shown();
    await page.locator('#sentence').click();
    const one = await read(() => page.keyboard.press('Space'));
    const two = await read(() => page.keyboard.press('r'));
    tell({ step: 'take', clip, findings: one.concat(two), takes: await takes() });
    await check('take');
    await page.locator('#from').focus();
    const before = await page.locator('#from').inputValue();
    const answered = page.waitForResponse((r) => r.url().endsWith('/cut'));
    await page.keyboard.press('ArrowLeft');
    await answered;
    await page.waitForFunction((v) => Number(document.querySelector('#from').value) === Number(v) - 5, before);
    await page.click('#play');
    await page.locator('#sentence').click();
    await page.keyboard.press('Enter');
    await page.waitForFunction((c) => !document.querySelector('#place').textContent.includes(c), clip);
    tell({ step: 'kept', clip, progress: await page.locator('#progress').innerText() });
    await page.fill('#ticket', 'A125');
    await page.click('#call button');
    await page.waitForFunction(() => /tạm|Toàn bộ/.test(document.querySelector('#call-words').textContent));
    tell({ step: 'heard', words: await page.locator('#call-words').innerText(), url: page.url() });
  },
  // Another day, another browser, after a restart: it goes on where it was.
  async second() {
    await page.goto(args.url);
    await page.click('.card a.button');
    await ready();
    const clip = await shown();
    await page.click('#room-button');
    await page.waitForFunction(() => /Kiểm tra xong/.test(document.querySelector('#said').textContent));
    await idle();
    await page.locator('#sentence').click();
    const findings = await read(() => page.keyboard.press('Space'));
    tell({ step: 'resumed', clip, findings, progress: await page.locator('#progress').innerText() });
    await page.keyboard.press('Enter');
    await page.waitForFunction((c) => !document.querySelector('#place').textContent.includes(c), clip);
    await check('phone');
    await page.goto(page.url() + '?lang=en');
    await ready();
    await check('english');
    tell({ step: 'went on', url: page.url() });
  },
  // The rest has come by upload: make the voice, look at the check, use it.
  async finish() {
    await page.goto(args.url);
    await page.click('.card a.button');
    await ready();
    await page.click('#finish');
    await page.waitForFunction(() => document.querySelector('#packed .note'));
    tell({ step: 'packed', words: await page.locator('#packed').innerText() });
    await check('finished');
    await page.click('#use');
    await page.waitForFunction(() => /đang được dùng/.test(document.querySelector('#packed').textContent));
    tell({ step: 'used' });
  },
};

await walk(async () => {
  page = await device('page', [args.width || 1366, args.height || 900]);
  await stages[args.stage]();
}, [...SOUNDS, ...MICROPHONE, '--use-file-for-fake-audio-capture=' + args.mic]);
