// "Tell me when my turn is near", also when this page is closed. Where a browser
// cannot do that, nothing is offered: the page itself tells, while it is open.
const box = document.getElementById('push');

if (box && window.isSecureContext && navigator.serviceWorker && window.PushManager && window.Notification) {
  const button = box.querySelector('button');
  const said = document.getElementById('push-said');
  const words = box.dataset;
  const token = location.pathname.split('/')[2];
  const lang = document.documentElement.lang;
  const scope = '/t/';
  let subscribed = false;

  const show = function (on, text) {
    subscribed = on;
    button.textContent = on ? words.off : words.on;
    said.textContent = text || '';
  };

  // Our own words; those of a browser say nothing to who reads them.
  const say = function (text) { const e = new Error(text || words.failed); e.ours = true; return e; };

  const post = function (path, subscription) {
    return fetch('/t/' + token + path + '?lang=' + lang, {
      method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(subscription)
    }).then(function (res) {
      if (res.ok) { return; }
      return res.json().then(function (answer) { throw say(answer.say); });
    });
  };

  // Which ticket this browser is told of is known here alone.
  const remember = function (on) {
    try { if (on) { localStorage.setItem('push', token); } else { localStorage.removeItem('push'); } } catch (e) { /* Asked again next time. */ }
  };
  const remembered = function () {
    try { return localStorage.getItem('push') === token; } catch (e) { return false; }
  };

  // What the worker needs when the browser changes its subscription: it sees no page.
  const keep = function (subscription) {
    return caches.open('push').then(function (kept) {
      if (!subscription) { return kept.delete('/t/push'); }
      return kept.put('/t/push', new Response(JSON.stringify({ token: token, lang: lang, key: words.key, subscription: subscription })));
    }).catch(function () { /* The browser keeps nothing: it tells as long as its subscription lasts. */ });
  };

  const key = function () {
    const raw = atob(words.key.replace(/-/g, '+').replace(/_/g, '/'));
    return Uint8Array.from(raw, function (c) { return c.charCodeAt(0); });
  };

  const on = function () {
    return Notification.requestPermission().then(function (answer) {
      if (answer !== 'granted') { throw say(words.denied); }
      return navigator.serviceWorker.register('/push-worker.js', { scope: scope });
    }).then(function (registration) {
      const fresh = function () {
        return registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key() });
      };
      return ready(registration).then(fresh).catch(function () {
        // One made for another office's key stands in the way.
        return registration.pushManager.getSubscription().then(function (old) {
          if (!old) { throw say(words.failed); }
          return old.unsubscribe().then(fresh);
        });
      });
    }).then(function (subscription) {
      return post('/push', subscription).then(function () { return keep(subscription); });
    }).then(function () { remember(true); show(true, words.done); });
  };

  // A worker that has just been installed takes a moment.
  const ready = function (registration) {
    if (registration.active) { return Promise.resolve(); }
    return new Promise(function (go) {
      const worker = registration.installing || registration.waiting;
      worker.addEventListener('statechange', function () { if (worker.state === 'activated') { go(); } });
    });
  };

  const off = function () {
    return navigator.serviceWorker.getRegistration(scope).then(function (registration) {
      return registration && registration.pushManager.getSubscription();
    }).then(function (subscription) {
      if (!subscription) { return; }
      return post('/push/off', subscription).then(function () { return subscription.unsubscribe(); });
    }).then(function () { return keep(null); }).then(function () { remember(false); show(false, words.gone); });
  };

  button.addEventListener('click', function () {
    const was = subscribed;
    button.disabled = true;
    said.textContent = words.wait;
    (was ? off() : on()).catch(function (e) { show(was, e.ours ? e.message : words.failed); })
      .then(function () { button.disabled = false; });
  });

  show(Notification.permission === 'granted' && remembered());
  box.hidden = false;
}
