// The small window that stays above the other program's: number, next step and
// the keys of every call. It mirrors the console, which does the work: there is
// one connection and one state.
import { el } from '/static/web/sheet.js';

const WIDTH = 320;
const HEIGHT = 240;
const VERBS = ['recall', 'no-show', 'finish'];

// smallWindow gives {open, update}: press does a verb, key takes a key,
// names are the words of the verbs.
export function smallWindow(desk) {
  let win = null;
  let parts = null;

  function build(doc) {
    doc.documentElement.lang = desk.lang;
    doc.title = desk.title;
    document.querySelectorAll('link[rel=stylesheet]').forEach(function (sheet) {
      doc.head.appendChild(el('link', { rel: 'stylesheet', href: sheet.href }));
    });
    doc.body.className = 'mini';
    parts = {
      number: el('p', { 'class': 'number' }), state: el('p', { 'class': 'words' }), message: el('p', { role: 'alert' }),
      line: el('p', { role: 'status', 'class': 'hint' }),
      step: el('button', { type: 'button', 'class': 'step', on: function () { desk.press(desk.step()); } }), verbs: {}
    };
    VERBS.forEach(function (verb) {
      parts.verbs[verb] = el('button', { type: 'button', 'class': 'quiet', on: function () { desk.press(verb); } }, desk.names[verb]);
    });
    doc.body.appendChild(el('main', {}, [
      el('h1', {}, desk.title), el('div', { 'aria-live': 'polite', 'class': 'head' }, [parts.number, parts.state]), parts.step,
      el('div', { 'class': 'verbs' }, VERBS.map(function (verb) { return parts.verbs[verb]; })), parts.message, parts.line]));
    doc.addEventListener('keydown', desk.key);
  }

  function closed() { return !win || win.closed; }

  async function open() {
    if (!closed()) { win.focus(); return; }
    const api = window.documentPictureInPicture;
    try {
      win = api ? await api.requestWindow({ width: WIDTH, height: HEIGHT }) : null;
    } catch (err) { win = null; }
    win = win || window.open('', 'xinmoi-' + desk.counter, 'popup,width=' + WIDTH + ',height=' + HEIGHT);
    if (!win) { desk.blocked(); return; }
    win.document.body.textContent = '';
    build(win.document);
    win.addEventListener('pagehide', function () { win = null; });
    desk.redraw();
  }

  function say(part, words) { if (part.textContent !== words) { part.textContent = words; } }

  // update is told after every change of the console.
  function update(s) {
    if (closed()) { return; }
    say(parts.number, s.number);
    say(parts.state, s.state);
    say(parts.step, s.step);
    say(parts.message, s.message);
    say(parts.line, s.line);
    parts.line.className = s.lost ? 'lost' : 'hint';
    parts.step.setAttribute('aria-disabled', s.busy ? 'true' : 'false');
    VERBS.forEach(function (verb) { parts.verbs[verb].disabled = s.busy || !s.allowed(verb); });
  }

  // A console that goes takes its small window with it: nobody would do what it asks.
  window.addEventListener('pagehide', function () { if (!closed()) { win.close(); } });
  return { open: open, update: update };
}
