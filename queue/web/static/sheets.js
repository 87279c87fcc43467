// The questions of the counter console: each is a sheet with numbered answers.
import { closeSheet, el, openSheet } from '/static/web/sheet.js';
import { badges, clock, put, span } from '/static/web/facts.js';
import { ask, newKey, post } from '/static/web/post.js';

export function sheets(desk) {
  const boot = desk.boot;
  const T = boot.texts;
  const here = '/counter/' + encodeURIComponent(boot.counter);

  function show(spec) { spec.back = T.back; openSheet(spec); }

  // reasons asks why: a list, or other words.
  function reasons(title, note, list, use, body) {
    const words = el('input', { id: 'other-reason', maxlength: '100', autocomplete: 'off' });
    const form = el('form', { autocomplete: 'off' }, [
      el('label', { 'for': 'other-reason' }, T.other_reason),
      el('div', { 'class': 'ask' }, [words, el('button', { type: 'submit', 'class': 'quiet' }, T.use_reason)])]);
    form.addEventListener('submit', function (e) {
      e.preventDefault();
      const typed = words.value.trim();
      if (!typed) { words.focus(); return; }
      document.querySelector('#sheet .last button').click();
      use(typed);
    });
    show({
      title: title, note: note, body: body || [], after: [form],
      options: list.map(function (r) { return { label: r, act: function () { use(r); } }; })
    });
  }

  function park(t) {
    const until = el('select', { id: 'park-until' }, [el('option', { value: '' }, T.park_open)].concat([15, 30, 60, 120].map(function (m) {
      return el('option', { value: String(m) }, m + ' ' + T.minutes);
    })));
    reasons(T.park + ' ' + t.number, T.park_note, boot.reasons.park, function (reason) {
      const body = { reason: reason };
      if (until.value) { body.resume_at = new Date(Date.now() + Number(until.value) * 60000).toISOString(); }
      desk.act(t, 'park', body, true);
    }, [el('p', { 'class': 'ask' }, [el('label', { 'for': 'park-until' }, T.park_until), until])]);
  }

  function transfer(t) {
    const to = boot.services.filter(function (s) { return s.id !== t.service; }).map(function (s) {
      return { label: s.name, act: function () { desk.act(t, 'transfer', { service: s.id }, true); } };
    }).concat(boot.counters.filter(function (c) { return c.id !== boot.counter; }).map(function (c) {
      return { label: c.name, act: function () { desk.act(t, 'transfer', { counter: c.id }, true); } };
    }));
    show({ title: T.transfer + ' ' + t.number, note: T.transfer_note, options: to });
  }

  function later(t) {
    show({
      title: T.later + ' ' + t.number, note: T.later_note,
      options: [1, 2, 3, 5, 10].map(function (n) {
        return { label: n + ' ' + T.later_people, act: function () { desk.act(t, 'later', { places: n }, true); } };
      })
    });
  }

  function disentitle(t) {
    show({
      title: T.disentitle + ': ' + t.number, note: T.disentitle_ask,
      options: [{ label: T.disentitle, tone: 'danger', act: function () { desk.act(t, 'disentitle', {}, true); } }]
    });
  }

  function call(t, restoreFirst) {
    reasons(T.call.replace('…', '') + ': ' + t.number, T.call_note, boot.reasons.call, async function (reason) {
      if (restoreFirst && !(await desk.act(t, 'restore', { reason: reason }))) { return; }
      desk.counter('call', { ticket: t.id, reason: reason });
    });
  }

  function cancel(t) {
    show({
      title: T.cancel + ' ' + t.number, note: T.cancel_note,
      options: [{ label: T.cancel + ' ' + t.number, tone: 'danger', act: function () { desk.act(t, 'cancel', {}, true); } }]
    });
  }

  // menu is what can be done with a ticket that is not in hand here.
  function menu(t) {
    function does(label, verb, body, tone) { return { label: label, tone: tone, act: function () { desk.act(t, verb, body || {}, true); } }; }
    function asks(label, question) { return { label: label + '…', act: function () { question(t); } }; }
    const hint = desk.allowed('call') ? '' : boot.errors[desk.mine().ticket ? 'counter_busy' : 'counter_closed'][0];
    const open = t.state === 'waiting' || t.state === 'parked';
    const list = [];
    if (t.state === 'waiting') { list.push({ label: T.call, hint: hint, act: function () { call(t); } }); }
    if (t.state === 'parked') {
      const go = does(T.resume, 'resume', { counter: boot.counter }, 'go');
      go.hint = hint;
      list.push(go, does(T.requeue, 'requeue'), asks(T.transfer, transfer));
    }
    if (t.state === 'no_show') {
      list.push(does(T.restore, 'restore'), { label: T.restore_call, hint: hint, act: function () { call(t, true); } });
    }
    if (t.state === 'waiting' && t.presence === 'remote') { list.push(does(T.check_in, 'check-in')); }
    if (t.state === 'waiting') { list.push(asks(T.later, later)); }
    if (open && t.class !== 'priority') { list.push(does(T.entitle_normal, 'entitle')); }
    if (open && t.class === 'priority' && t.entitlement !== 'confirmed') { list.push(does(T.entitle, 'entitle')); }
    if (open && t.class === 'priority') { list.push(asks(T.disentitle, disentitle)); }
    if (boot.why && open) { list.push({ label: T.why, act: function () { why(t); } }); }
    if (open) { list.push(asks(T.cancel, cancel)); }
    return list;
  }

  function ticket(t) {
    const marks = el('ul', { 'class': 'plain badges' });
    put(marks, badges(t, boot));
    const rows = [[t.service, boot.lang === 'en' && t.what.en ? t.what.en : t.what.vi], [T.door, boot.channels[t.channel] || t.channel]];
    if (t.state === 'waiting') { rows.push([T.waited, span(desk.seconds(t.issued_at))]); }
    if (t.counter && t.state !== 'waiting') { rows.push([T.at_counter, t.counter]); }
    if (t.reason) { rows.push([T.reason, t.reason]); }
    if (t.resume_at) { rows.push([T.resume_at, clock(t.resume_at, boot.zone)]); }
    const list = el('dl', { 'class': 'rows' });
    put(list, rows);
    show({ title: t.number + ' – ' + boot.states[t.state], body: [marks, list], options: menu(t) });
  }

  // find leads from typed digits, a number or a lookup code to the ticket.
  async function find(typed) {
    const found = await ask(here + '/find?n=' + encodeURIComponent(typed));
    if (!found) { desk.message('fail', boot.errors.network[0], boot.errors.unavailable[1]); return; }
    if (!found.length) { desk.message('fail', boot.errors.not_found[0] + ' (' + typed + ')', boot.errors.not_found[1]); return; }
    if (found.length === 1) { ticket(found[0]); return; }
    show({
      title: T.choose,
      options: found.map(function (t) { return { label: t.number + ' – ' + boot.states[t.state], act: function () { ticket(t); } }; })
    });
  }

  function ago(at) { return span(desk.seconds(at)).split(':')[0] + ' ' + T.minutes; }

  function asideList(title, list) {
    show({
      title: title + ' (' + list.length + ')', note: list.length ? '' : T.empty,
      options: list.map(function (t) {
        const hint = [t.reason === 'no_answer' ? '' : t.reason, t.counter ? T.at_counter + ' ' + t.counter : '', ago(t.since)].filter(Boolean).join(' · ');
        return { label: t.number, hint: hint, act: function () { find(t.number); } };
      })
    });
  }

  async function waitingList() {
    const line = await ask(here + '/waiting');
    const list = line && line.list;
    if (!list) { desk.message('fail', boot.errors.network[0], boot.errors.unavailable[1]); return; }
    show({
      title: T.waiting + ' (' + line.all + ')', note: list.length ? T.waiting_note : T.empty,
      options: list.map(function (t) {
        const hint = badges(t, boot).map(function (b) { return b[1]; }).concat(t.order ? (boot.lang === 'en' ? t.order.en : t.order.vi) : ago(t.issued_at)).join(' · ');
        return { label: t.number, hint: hint, act: function () { ticket(t); } };
      })
    });
  }

  // issue takes a number for somebody who stands at the counter.
  function issue() {
    const what = el('select', { id: 'issue-task' }, [el('option', { value: '' }, T.issue_any)]);
    const groups = {};
    (boot.tasks || []).forEach(function (t) {
      if (!groups[t.field]) { groups[t.field] = el('optgroup', { label: t.field }); what.appendChild(groups[t.field]); }
      groups[t.field].appendChild(el('option', { value: t.id }, t.service + ' – ' + t.name));
    });
    const priority = el('input', { id: 'issue-priority', type: 'checkbox' });
    function take(body) {
      body.channel = 'staff';
      if (priority.checked) { body.class = 'priority'; }
      desk.send('/tickets', body).then(function (t) { if (t) { issued(t); } });
    }
    const go = el('button', { type: 'submit', 'class': 'quiet' }, T.issue_take);
    const form = el('form', { autocomplete: 'off' }, [
      el('label', { 'for': 'issue-task' }, T.issue_task), el('div', { 'class': 'ask' }, [what, go]),
      el('label', { 'class': 'tick', 'for': 'issue-priority' }, [priority, T.issue_priority])]);
    form.addEventListener('submit', function (e) {
      e.preventDefault();
      if (!what.value) { what.focus(); return; }
      const task = what.value;
      document.querySelector('#sheet .last button').click();
      take({ procedure: task });
    });
    show({
      title: T.issue, note: T.issue_note, body: [form],
      options: boot.services.map(function (s) { return { label: s.name, act: function () { take({ service: s.id }); } }; })
    });
  }

  // issued shows the number big enough to be read across the desk.
  function issued(t) {
    const rows = el('dl', { 'class': 'rows' });
    put(rows, [[T.issue_code, t.code || '–']].concat(t.standing ? [[T.issue_ahead, String(t.standing.ahead)]] : []));
    show({ title: T.issue_done, note: T.issue_tell, body: [el('p', { 'class': 'number' }, t.number), rows] });
  }

  // note writes down what whoever serves the ticket next should know.
  function note(t) {
    const old = t.note || { text: '', dossier: '' };
    const words = el('textarea', { id: 'note-text', rows: '4', maxlength: '400', 'data-first': '' }, old.text);
    const dossier = el('input', { id: 'note-dossier', maxlength: '40', autocomplete: 'off', value: old.dossier });
    const form = el('form', { autocomplete: 'off' }, [
      el('label', { 'for': 'note-dossier' }, T.dossier), el('p', {}, dossier), el('label', { 'for': 'note-text' }, T.note), words,
      el('p', { id: 'note-wrong', role: 'alert' }), el('button', { type: 'submit' }, T.note_save)]);
    form.addEventListener('submit', async function (e) {
      e.preventDefault();
      const body = { ticket: t.id, text: words.value, dossier: dossier.value };
      const answer = await post(here + '/note', boot.lang, body, newKey(), function () {});
      if (answer && answer.ok) {
        t.note = answer.body;
        closeSheet();
        desk.message('ok', t.number + ': ' + T.note_saved, '');
        desk.redraw();
        return;
      }
      // The sheet stays open, so that nothing typed is lost.
      document.getElementById('note-wrong').textContent = answer && answer.status === 422 ? T.note_wrong : boot.errors.unavailable[0] + '. ' + boot.errors.unavailable[1];
    });
    show({ title: T.note + ' – ' + t.number, note: T.note_note, body: [form] });
  }

  function pause() {
    reasons(T.pause, T.pause_note, boot.reasons.pause, function (reason) { desk.counter('pause', { reason: reason }); });
  }

  function close(t) {
    if (!t) {
      show({ title: T.close, note: T.close_empty, options: [{ label: T.close, tone: 'danger', act: function () { desk.counter('close', {}); } }] });
      return;
    }
    const ways = [['finish', T.finish], ['requeue', T.requeue], ['park', T.park], ['no-show', T.no_show]].filter(function (way) {
      return way[0] !== 'no-show' || t.state === 'called';
    });
    show({
      title: T.close + ' – ' + t.number, note: T.close_note,
      options: ways.map(function (way) { return { label: way[1], act: function () { desk.counter('close', { in_hand: way[0] }); } }; })
    });
  }

  function issuing() {
    const stopped = desk.snap().stopped;
    const lines = [{ id: '', name: T.issuing_all }].concat(boot.services.filter(function (s) { return boot.mine.indexOf(s.id) >= 0; }));
    show({
      title: T.issuing, note: T.issuing_note,
      options: lines.map(function (s) {
        const off = Object.prototype.hasOwnProperty.call(stopped, s.id);
        return {
          label: (off ? T.issuing_resume : T.issuing_stop) + ': ' + s.name + (off ? '' : '…'), hint: off ? stopped[s.id] : '',
          act: function () { if (off) { give(s.id, false, ''); } else { stop(s); } }
        };
      })
    });
  }

  function stop(s) {
    reasons(T.issuing_stop + ': ' + s.name, T.issuing_note, boot.reasons.issuing, function (reason) { give(s.id, true, reason); });
  }

  async function give(service, off, reason) {
    const body = { stopped: off };
    if (service) { body.service = service; }
    if (reason) { body.reason = reason; }
    if (await desk.send('/issuing', body)) { desk.message('ok', T.issuing_done, ''); }
  }

  // why shows who was called before a ticket, and by what rule.
  async function why(t, of) {
    const x = await ask(here + '/why?t=' + encodeURIComponent(t.id) + (of ? '&of=' + encodeURIComponent(of) : ''));
    if (!x) {
      const words = of ? boot.errors.not_found : boot.errors.unavailable;
      desk.message('fail', words[0], words[1]);
      return;
    }
    const number = el('input', { id: 'why-of', maxlength: '10', autocomplete: 'off' });
    const form = el('form', { autocomplete: 'off' }, [
      el('label', { 'for': 'why-of' }, T.why_of),
      el('div', { 'class': 'ask' }, [number, el('button', { type: 'submit', 'class': 'quiet' }, T.why_ask)])]);
    form.addEventListener('submit', function (e) { e.preventDefault(); if (number.value.trim()) { why(t, number.value.trim()); } });
    const calls = el('ol', { 'class': 'plain reasons' }, x.calls.map(function (c) {
      return el('li', { 'class': 'card' }, [c.vi, el('br'), el('span', { lang: 'en', 'class': 'hint' }, c.en),
        c.reason ? el('p', { 'class': 'staff' }, [el('strong', {}, T.staff_note), ' ' + c.reason]) : '']);
    }));
    show({
      title: T.why.replace('?', '') + ': ' + x.number,
      body: [el('p', { 'class': 'note' }, [el('strong', {}, x.summary.vi), el('br'), el('span', { lang: 'en' }, x.summary.en)]), calls], after: [form]
    });
  }

  // whose asks which ticket the question is about, unless one is in hand.
  function whose(t) {
    if (t) { why(t); return; }
    const number = el('input', { id: 'why-number', maxlength: '14', autocomplete: 'off', 'data-first': '' });
    const form = el('form', { autocomplete: 'off' }, [
      el('label', { 'for': 'why-number' }, T.choose),
      el('div', { 'class': 'ask' }, [number, el('button', { type: 'submit', 'class': 'quiet' }, T.why_ask)])]);
    form.addEventListener('submit', async function (e) {
      e.preventDefault();
      const found = await ask(here + '/find?n=' + encodeURIComponent(number.value.trim()));
      if (found && found.length === 1) { why(found[0]); return; }
      document.querySelector('#sheet .last button').click();
      find(number.value.trim());
    });
    show({ title: T.why, body: [form] });
  }

  return {
    park: park, transfer: transfer, later: later, disentitle: disentitle, pause: pause, close: close, issuing: issuing, why: whose, find: find, issue: issue, issued: issued, note: note,
    'list-waiting': waitingList,
    'list-parked': function () { asideList(T.parked, desk.snap().parked.filter(desk.concerns)); },
    'list-missed': function () { asideList(T.missed, desk.missed()); }
  };
}
