// A sheet over the page: a question with its answers, each a button with a
// digit key. It does what <dialog> does, on browsers that have none.
const box = document.getElementById('sheet');
const shade = document.getElementById('sheet-back');
const BOUNCE_MS = 350; // The key that opened a sheet must not answer it.

let choices = [];      // Buttons by digit.
let back = null;       // What had the keyboard before.
let openedAt = 0;

export function el(name, attrs, inside) {
  const e = document.createElement(name);
  Object.keys(attrs || {}).forEach(function (k) {
    if (k === 'on') { e.addEventListener('click', attrs.on); } else if (attrs[k] !== null) { e.setAttribute(k, attrs[k]); }
  });
  [].concat(inside || []).forEach(function (c) {
    if (c !== null && c !== '') { e.appendChild(typeof c === 'string' ? document.createTextNode(c) : c); }
  });
  return e;
}

export function sheetOpen() { return !box.hidden; }

// open shows a sheet: {title, note, body: [nodes], options: [{label, hint,
// tone, act}], after: [nodes], back: words of the closing button}. An option closes the sheet,
// then acts.
export function openSheet(spec) {
  if (!sheetOpen()) { back = document.activeElement; }
  box.textContent = '';
  choices = [];
  box.appendChild(el('h2', { id: 'sheet-title', tabindex: '-1' }, spec.title));
  if (spec.note) { box.appendChild(el('p', {}, spec.note)); }
  (spec.body || []).forEach(function (n) { if (n) { box.appendChild(n); } });
  if (spec.options && spec.options.length) { box.appendChild(answers(spec.options)); }
  (spec.after || []).forEach(function (n) { box.appendChild(n); });
  box.appendChild(el('p', { 'class': 'last' }, el('button', { type: 'button', 'class': 'quiet', on: closeSheet }, [spec.back, ' ', el('kbd', {}, 'Esc')])));
  box.hidden = shade.hidden = false;
  others(true);
  openedAt = Date.now();
  box.scrollTop = 0;
  (box.querySelector('[data-first]') || box.querySelector('h2')).focus();
}

function answers(options) {
  return el('ol', { 'class': 'plain options' }, options.map(function (o) {
    const n = choices.length + 1;
    const b = el('button', { type: 'button', 'class': o.tone || 'quiet' }, [
      el('span', {}, [o.label, o.hint ? el('small', {}, o.hint) : '']), n <= 9 ? el('kbd', {}, String(n)) : '']);
    b.addEventListener('click', function () {
      if (Date.now() - openedAt < BOUNCE_MS) { return; }
      closeSheet();
      o.act();
    });
    choices.push(b);
    return el('li', {}, b);
  }));
}

export function closeSheet() {
  if (!sheetOpen()) { return; }
  box.hidden = shade.hidden = true;
  box.textContent = '';
  choices = [];
  others(false);
  if (back && document.body.contains(back) && back !== document.body && !back.disabled) { back.focus(); } else { document.getElementById('step').focus(); }
}

// others hides the rest of the page from keyboard and screen reader.
function others(hide) {
  ['main', 'header.site', '.skip'].forEach(function (where) {
    const e = document.querySelector(where);
    if (!e) { return; }
    if (hide) { e.setAttribute('aria-hidden', 'true'); e.setAttribute('inert', ''); } else { e.removeAttribute('aria-hidden'); e.removeAttribute('inert'); }
  });
}

// sheetKey handles a key while a sheet is open.
export function sheetKey(e, digits) {
  const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(e.target.tagName);
  if (e.key === 'Escape') { e.preventDefault(); closeSheet(); return; }
  if (e.key === 'Tab') { wrap(e); return; }
  if (typing || !digits || !/^[1-9]$/.test(e.key)) { return; }
  e.preventDefault();
  const chosen = choices[Number(e.key) - 1];
  if (chosen && !e.repeat) { chosen.click(); }
}

// wrap keeps the keyboard inside.
function wrap(e) {
  const all = box.querySelectorAll('button, input, select, textarea, a[href]');
  if (!all.length) { return; }
  const first = all[0];
  const last = all[all.length - 1];
  const at = document.activeElement;
  if (e.shiftKey && (at === first || !box.contains(at) || at.tagName === 'H2')) { e.preventDefault(); last.focus(); }
  if (!e.shiftKey && (at === last || !box.contains(at))) { e.preventDefault(); first.focus(); }
}

shade.addEventListener('click', closeSheet);
