// Keeps the parts marked data-live of a page true by fetching the page again
// every five seconds. What the person is doing elsewhere on it is not touched.
const EVERY_MS = 5000;

// What is shown may have come by a form; the parts say where they are from.
const part = document.querySelector('[data-live]');
const source = (part && part.getAttribute('data-live')) || location.href;

async function refresh() {
  const note = document.getElementById('stale');
  try {
    const answer = await fetch(source, { credentials: 'same-origin', cache: 'no-store' });
    if (!answer.ok) { throw new Error(String(answer.status)); }
    const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html');
    document.querySelectorAll('[data-live]').forEach(function (old) {
      const now = fresh.getElementById(old.id);
      if (now && now.innerHTML !== old.innerHTML) { replace(old, now.innerHTML); }
    });
    if (note) { note.hidden = true; }
  } catch (err) {
    if (note) { note.hidden = false; }
  }
  setTimeout(refresh, EVERY_MS);
}

// replace keeps the keyboard where it was: on the same link.
function replace(old, html) {
  const at = old.contains(document.activeElement) && document.activeElement.getAttribute('href');
  old.innerHTML = html;
  if (at) {
    Array.prototype.forEach.call(old.querySelectorAll('[href]'), function (link) {
      if (link.getAttribute('href') === at) { link.focus(); }
    });
  }
}

setTimeout(refresh, EVERY_MS);
