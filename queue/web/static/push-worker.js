// Shows what the office tells a browser whose ticket's page may be closed, and
// opens that page when it is touched.
self.addEventListener('push', function (event) {
  let told = {};
  try { told = event.data.json(); } catch (e) { /* Something is shown all the same: browsers demand it. */ }
  event.waitUntil(self.registration.showNotification(told.title || 'Xin mời', {
    body: told.body || '',
    tag: told.tag || 'xinmoi',
    renotify: true,
    requireInteraction: told.urgent === true,
    vibrate: told.urgent ? [400, 200, 400, 200, 800] : [200],
    lang: told.lang || 'vi',
    data: { url: typeof told.url === 'string' && told.url.indexOf('/t/') === 0 ? told.url : '/' }
  }));
});

self.addEventListener('notificationclick', function (event) {
  event.notification.close();
  const url = event.notification.data.url;
  event.waitUntil(self.clients.matchAll({ type: 'window', includeUncontrolled: true }).then(function (windows) {
    const open = windows.filter(function (w) { return new URL(w.url).pathname === url; })[0];
    return open ? open.focus() : self.clients.openWindow(url);
  }));
});
