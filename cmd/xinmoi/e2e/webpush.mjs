// Presses "tell me when my turn is near" on a ticket's page.
import { args, ask, check, device, narrow, tell, walk } from './page.mjs';

await walk(async () => {
  const phone = await device('push', [360, 740], { permissions: ['notifications'], wrong: (text) => /Content Security Policy/.test(text) });
  // Only this is ours: where a browser with a screen asks its maker's service.
  await phone.addInitScript((subscription) => {
    let now = null;
    const made = { toJSON: () => window.changed || subscription, unsubscribe: () => { now = null; return Promise.resolve(true); } };
    PushManager.prototype.getSubscription = () => Promise.resolve(now);
    PushManager.prototype.subscribe = (options) => {
      if (!options.userVisibleOnly || options.applicationServerKey.length !== 65) { return Promise.reject(new Error('key')); }
      now = made;
      return Promise.resolve(made);
    };
  }, args.subscription);
  const workers = await phone.context().newCDPSession(phone);
  let worker = '';
  workers.on('ServiceWorker.workerRegistrationUpdated', ({ registrations }) => {
    const own = registrations.find((r) => r.scopeURL === args.origin + '/t/' && !r.isDeleted);
    if (own) { worker = own.registrationId; }
  });
  await workers.send('ServiceWorker.enable');

  await phone.goto(args.ticket);
  const button = phone.locator('#push button');
  await button.filter({ hasText: 'Báo cho tôi khi gần đến lượt' }).waitFor();
  await check('push-offered', phone, { full: true });
  await narrow(phone);
  await button.click();
  await phone.locator('#push-said').filter({ hasText: 'Đã bật' }).waitFor();
  await check('push-on', phone, { full: true });
  await phone.reload();
  await button.filter({ hasText: 'Thôi báo' }).waitFor();
  tell({ step: 'on' });

  // What the service got, and only this browser could read, is what its worker is given.
  const shows = async (message, words) => {
    await phone.evaluate(() => navigator.serviceWorker.getRegistration('/t/').then((r) => r.active || Promise.reject(new Error('no worker'))));
    while (!worker) { await phone.evaluate(() => new Promise((next) => { requestAnimationFrame(next); })); }
    await workers.send('ServiceWorker.deliverPushMessage', { origin: args.origin, registrationId: worker, data: message.Text });
    await phone.waitForFunction((title) => navigator.serviceWorker.getRegistration('/t/').then((r) => r.getNotifications()).then((all) => all.some((n) => n.title.includes(title))), words);
  };
  await shows(await ask('joined'), 'Từ giờ máy này báo lượt số A001');
  await shows(await ask('called'), 'Mời số A001 đến quầy 1');
  const left = await phone.evaluate(() => navigator.serviceWorker.getRegistration('/t/').then((r) => r.getNotifications()).then((all) => all.map((n) => [n.title, n.lang, n.data.url])));
  if (left.length !== 1 || left[0][1] !== 'vi' || left[0][2] !== new URL(args.ticket).pathname) { throw new Error('notifications: ' + JSON.stringify(left)); }
  tell({ step: 'shown' });

  // The browser gives itself another subscription, with no page of ours to see it,
  // and cannot reach the office at first.
  const [background] = phone.context().serviceWorkers();
  await background.evaluate((fresh) => {
    const line = self.fetch;
    const answers = [() => Promise.reject(new TypeError('no line')), () => Promise.resolve(new Response('', { status: 503 }))];
    self.fetch = (...what) => (answers.length ? answers.shift()() : line(...what));
    const event = new ExtendableEvent('pushsubscriptionchange');
    event.newSubscription = fresh;
    self.dispatchEvent(event);
  }, args.fresh);
  await ask('changed');
  await phone.waitForFunction((endpoint) => caches.open('push').then((kept) => kept.match('/t/push')).then((found) => found.json()).then((was) => was.subscription.endpoint === endpoint), args.fresh.endpoint);
  await phone.evaluate((fresh) => { window.changed = fresh; }, args.fresh);
  tell({ step: 'changed' });

  // The page has forgotten what our service gave when it was loaded again.
  await phone.evaluate(() => PushManager.prototype.subscribe({ userVisibleOnly: true, applicationServerKey: new Uint8Array(65) }));
  await button.click();
  await phone.locator('#push-said').filter({ hasText: 'Đã tắt và đã xóa' }).waitFor();
  await check('push-off', phone);
  tell({ step: 'off' });
}, []);
