// The live overview: parts are put in place as the server sends them, and a
// service goes to another counter by one drag or one press.
import '/static/live.js';

const halls = document.getElementById('halls');
let dragged = null;         // {service, from}
let waiting = null;         // What came while something was being dragged.

// put replaces the parts that differ and keeps the keyboard where it was, and
// open what was opened.
function put(html) {
  if (dragged) { waiting = html; return; }
  const fresh = new DOMParser().parseFromString(html, 'text/html');
  const old = halls.querySelectorAll('.part');
  const now = fresh.querySelectorAll('.part');
  const at = document.activeElement && document.activeElement.id;
  const opened = Array.prototype.map.call(halls.querySelectorAll('details[open]'), function (d) { return d.id; });
  let same = old.length === now.length;
  for (let i = 0; same && i < old.length; i++) { same = old[i].id === now[i].id; }
  if (same) {
    old.forEach(function (part, i) { if (part.innerHTML !== now[i].innerHTML) { part.innerHTML = now[i].innerHTML; } });
  } else {
    halls.innerHTML = fresh.body.innerHTML;
  }
  opened.forEach(function (id) { const d = document.getElementById(id); if (d) { d.open = true; } });
  const back = at && document.getElementById(at);
  if (back && document.activeElement !== back) { back.focus(); }
}

function wrong(text) {
  const box = document.getElementById('wrong');
  box.textContent = '';
  if (!text) { return; }
  const p = document.createElement('p');
  p.className = 'note fail';
  const b = document.createElement('strong');
  b.textContent = text;
  p.appendChild(b);
  box.appendChild(p);
}

async function send(form, fields) {
  const body = new URLSearchParams(fields);
  const version = form.querySelector('[name=version]');
  if (version) { body.set('version', version.value); }
  try {
    const answer = await fetch(form.action, { method: 'POST', credentials: 'same-origin', headers: { 'Accept': 'application/json' }, body: body });
    wrong((await answer.json()).wrong);
  } catch (err) { wrong(halls.getAttribute('data-again')); }
}

halls.addEventListener('submit', function (e) {
  e.preventDefault();
  const by = e.submitter;
  send(e.target, by && by.name ? { [by.name]: by.value } : {});
});

// Dragging: a cell that is on, to the row of another counter.
halls.addEventListener('dragstart', function (e) {
  const cell = e.target.closest && e.target.closest('button[data-service]');
  if (!cell) { return; }
  dragged = { service: cell.getAttribute('data-service'), from: cell.closest('tr').getAttribute('data-counter'), form: cell.closest('form') };
  e.dataTransfer.effectAllowed = 'move';
  e.dataTransfer.setData('text/plain', dragged.service);
});

function row(e) {
  const tr = dragged && e.target.closest && e.target.closest('tr[data-counter]');
  return tr && tr.closest('form') === dragged.form ? tr : null;
}

halls.addEventListener('dragover', function (e) {
  const tr = row(e);
  halls.querySelectorAll('tr.over').forEach(function (o) { if (o !== tr) { o.classList.remove('over'); } });
  if (tr && tr.getAttribute('data-counter') !== dragged.from) { e.preventDefault(); tr.classList.add('over'); }
});

halls.addEventListener('drop', function (e) {
  const tr = row(e);
  if (!tr) { return; }
  e.preventDefault();
  send(dragged.form, { move: dragged.service + '|' + dragged.from + '|' + tr.getAttribute('data-counter') });
});

halls.addEventListener('dragend', function () {
  dragged = null;
  halls.querySelectorAll('tr.over').forEach(function (o) { o.classList.remove('over'); });
  if (waiting) { const html = waiting; waiting = null; put(html); }
});

window.xinmoiLive(halls.getAttribute('data-stream'), ['live'], {
  event: function (name, data) { if (name === 'live') { put(data.html); } },
  state: function (connected, ageMs) {
    const line = document.getElementById('line');
    const ok = connected && ageMs < 25000;
    const words = ok ? halls.getAttribute('data-live') : halls.getAttribute('data-lost') + ' ' + Math.round(ageMs / 1000) + ' ' + halls.getAttribute('data-seconds');
    if (line.textContent !== words) { line.textContent = words; }
    line.className = ok ? 'hint' : 'lost';
  }
});
