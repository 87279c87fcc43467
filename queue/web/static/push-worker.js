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

// A browser changes its subscription when it likes; the office is told the new one,
// with the old one to show that it was ours. What is needed for that the page of the
// ticket has put here. Where the office cannot be reached just now it is told a
// little later: nobody else would tell it.
self.addEventListener('pushsubscriptionchange', function (event) {
  event.waitUntil(caches.open('push').then(function (kept) {
    return kept.match('/t/push').then(function (found) { return found && found.json(); }).then(function (was) {
      if (!was) { return; }
      const key = Uint8Array.from(atob(was.key.replace(/-/g, '+').replace(/_/g, '/')), function (c) { return c.charCodeAt(0); });
      return Promise.resolve(event.newSubscription || self.registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key }))
        .then(function (fresh) {
          const now = JSON.parse(JSON.stringify(fresh));
          const pauses = [1000, 5000, 15000];
          const say = function () {
            return fetch('/t/' + was.token + '/push/change?lang=' + was.lang, {
              method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ old: was.subscription, new: now })
            }).then(function (res) {
              if (res.status === 429 || res.status >= 500) { throw new Error('not now: ' + res.status); }
              return res;
            }).catch(function (e) {
              if (pauses.length === 0) { throw e; }
              return new Promise(function (go) { setTimeout(go, pauses.shift()); }).then(say);
            });
          };
          return say().then(function (res) {
            if (res.status === 404) { return kept.delete('/t/push'); }
            // 409: there is nothing more to tell of this number, but of others there is.
            if (res.ok || res.status === 409) { was.subscription = now; return kept.put('/t/push', new Response(JSON.stringify(was))); }
          });
        });
    });
  }));
});
