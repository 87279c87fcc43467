// What staff see of a ticket besides its number.
import { el } from '/static/web/sheet.js';

export function span(s) { const m = Math.floor(s / 60); return m + ':' + (s % 60 < 10 ? '0' : '') + (s % 60); }

// clock gives hour and minute in the office's zone, whatever the desk's own
// clock is set to. A zone that the browser does not know leaves it to that.
export function clock(at, zone) {
  const how = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' };
  try {
    return new Intl.DateTimeFormat('vi-VN', Object.assign({ timeZone: zone }, how)).format(new Date(at));
  } catch (err) {
    return new Intl.DateTimeFormat('vi-VN', how).format(new Date(at));
  }
}

// badges gives [tone and sign, words] of everything that is not as usual: class and
// what it rests on, needs, language, dossiers, presence.
export function badges(t, boot) {
  const T = boot.texts;
  const list = [];
  if (t.class !== 'normal') {
    const on = boot.entitlements[t.entitlement];
    list.push([t.entitlement === 'declared' ? 'warn' : 'ok', '★ ' + (boot.classes[t.class] || t.class) + (on ? ' – ' + on : '')]);
  } else if (t.entitlement === 'refused') {
    list.push(['', boot.entitlements.refused]);
  }
  if (t.slot) { list.push(['', T.booked + ' ' + clock(t.slot, boot.zone)]); }
  (t.needs || []).forEach(function (n) {
    list.push(['need ' + (boot.needs[n] ? n : ''), boot.needs[n] || n]);
  });
  if (t.language && t.language !== 'vi') { list.push(['need language', (t.language === 'en' ? T.english : T.foreign + ': ' + t.language)]); }
  if (t.dossiers > 1) { list.push(['dossiers', t.dossiers + ' ' + T.dossiers]); }
  if (t.presence === 'remote') { list.push(['warn', T.remote]); } else if (t.channel !== 'kiosk' && t.channel !== 'staff') { list.push(['', T.present]); }
  if (t.state === 'called' && t.call_count > 1) { list.push(['', T.calls + ': ' + t.call_count]); }
  if (t.returned) { list.push(['', T.returned]); }
  if (t.only) { list.push(['', T.only + ' ' + t.only]); }
  return list;
}

// put makes a list say rows of two texts, touching only what differs, so that
// a screen reader hears changes alone. A <dl> gets terms and texts, a <ul>
// marks of a tone.
export function put(list, rows) {
  const pairs = list.tagName === 'DL';
  while (list.children.length > rows.length) { list.removeChild(list.lastChild); }
  while (list.children.length < rows.length) {
    list.appendChild(pairs ? el('div', {}, [el('dt'), el('dd')]) : el('li'));
  }
  rows.forEach(function (row, i) {
    const item = list.children[i];
    if (!pairs) {
      if (item.className !== 'badge ' + row[0]) { item.className = 'badge ' + row[0]; }
      if (item.textContent !== row[1]) { item.textContent = row[1]; }
      return;
    }
    [0, 1].forEach(function (k) {
      if (item.children[k].textContent !== row[k]) { item.children[k].textContent = row[k]; }
    });
  });
}
