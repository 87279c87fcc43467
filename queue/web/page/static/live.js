// The live connection of a page: server-sent events that mend themselves.
//
// The server sends "hello" {build} first and "ping" {age_ms, at, offset_s} at
// least every ten seconds; any other event is the page's own. When nothing
// comes for 25 s the connection is taken for dead and made anew. A new build
// of the server means new pages: reload.
//
// A plain script, since the boards run on TV browsers without modules; modules
// import it for its effect and use window.xinmoiLive.
(function () {
  'use strict';

  var SILENCE_MS = 25000;
  var RETRY_MIN_MS = 1000;
  var RETRY_MAX_MS = 15000;

  // live(url, names, handlers) keeps one connection open for ever.
  //   names: the events to pass on; handlers.event(name, data) gets each, parsed.
  //   handlers.open(): a fresh connection, a full snapshot follows.
  //   handlers.state(connected, ageMs): called every second; ageMs is how old
  //   the newest news from the office is.
  function live(url, names, handlers) {
    var source = null;
    var heard = Date.now();   // Last sign of life of the connection.
    var fresh = Date.now();   // Moment of the newest data, by our own clock.
    var tries = 0;
    var timer = 0;

    function connect() {
      timer = 0;
      heard = Date.now();
      source = new EventSource(url);
      source.addEventListener('hello', function (e) { tries = 0; hello(parse(e)); });
      source.addEventListener('ping', function (e) { ping(parse(e)); });
      names.forEach(function (name) {
        source.addEventListener(name, function (e) {
          heard = Date.now();
          var data = parse(e);
          if (data !== null) { handlers.event(name, data); }
        });
      });
      source.onerror = lost;
    }

    function hello(data) {
      heard = Date.now();
      var mine = document.documentElement.getAttribute('data-build');
      if (data && mine && data.build && data.build !== mine) { reloadOnce(data.build); return; }
      if (handlers.open) { handlers.open(); }
    }

    function ping(data) {
      heard = Date.now();
      if (!data) { return; }
      fresh = Date.now() - (data.age_ms || 0);
      if (handlers.event) { handlers.event('ping', data); }
    }

    // lost closes what is left and tries again after a while, longer each time
    // and never together with all the other screens of the hall.
    function lost() {
      if (source) { source.close(); source = null; }
      if (timer) { return; }
      var wait = Math.min(RETRY_MAX_MS, RETRY_MIN_MS * Math.pow(2, tries));
      tries += 1;
      timer = setTimeout(connect, wait / 2 + Math.random() * wait / 2);
    }

    function watch() {
      if (source && Date.now() - heard > SILENCE_MS) { lost(); }
      if (handlers.state) { handlers.state(source !== null && source.readyState === 1, Date.now() - fresh); }
    }

    connect();
    setInterval(watch, 1000);
    // A phone that slept comes back with a dead connection: look at once.
    document.addEventListener('visibilitychange', function () {
      if (!document.hidden) { watch(); }
    });
    window.addEventListener('online', function () { if (timer) { clearTimeout(timer); connect(); } });
  }

  function parse(e) {
    try { return JSON.parse(e.data); } catch (err) { return null; }
  }

  // reloadOnce reloads for a new build, but not in a circle when a cache in
  // between keeps giving the old page.
  function reloadOnce(build) {
    var key = 'xinmoi-build';
    var last = '';
    try { last = sessionStorage.getItem(key) || ''; sessionStorage.setItem(key, build); } catch (err) { /* private mode */ }
    if (last !== build) { location.reload(); }
  }

  window.xinmoiLive = live;
}());
