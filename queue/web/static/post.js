// One press is one request with one key: it is sent again with the same key
// until the server has answered, and the server does it once.
const TRIES = 4;            // Sends of one press before the person is asked.
const TIMEOUT_MS = 8000;    // Of one send.

export function newKey() {
  const bytes = new Uint8Array(16);
  crypto.getRandomValues(bytes); // randomUUID needs https; a hall has plain http.
  return Array.prototype.map.call(bytes, function (b) { return (b < 16 ? '0' : '') + b.toString(16); }).join('');
}

// post gives {status, body}, or null when nobody knows whether it was done.
// No answer, 502, 503 and 504 mean "perhaps done": the same key makes the
// repeat safe. waiting() is called before each repeat.
export async function post(url, lang, body, key, waiting) {
  for (let i = 0; i < TRIES; i++) {
    if (i > 0) {
      waiting();
      await new Promise(function (go) { setTimeout(go, 500 * Math.pow(2, i) + Math.random() * 300); });
    }
    let answer = null;
    try { answer = await once(url, lang, body, key); } catch (err) { continue; }
    if (answer.status === 502 || answer.status === 503 || answer.status === 504) { continue; }
    try { answer.body = answer.body ? JSON.parse(answer.body) : null; } catch (err) { answer.body = null; }
    return answer;
  }
  return null;
}

// once sends it one time; an answer that breaks off or stops halfway is none.
async function once(url, lang, body, key) {
  const stop = new AbortController();
  const timer = setTimeout(function () { stop.abort(); }, TIMEOUT_MS);
  const headers = { 'Idempotency-Key': key, 'Accept': 'application/json', 'Accept-Language': lang };
  if (body) { headers['Content-Type'] = 'application/json'; }
  try {
    const answer = await fetch(url, {
      method: 'POST', credentials: 'same-origin', headers: headers,
      body: body ? JSON.stringify(body) : undefined, signal: stop.signal
    });
    return { status: answer.status, ok: answer.ok, body: await answer.text() };
  } finally { clearTimeout(timer); }
}

// ask reads something from the server; null when it does not answer.
export async function ask(url) {
  try {
    const answer = await fetch(url, { credentials: 'same-origin', cache: 'no-store' });
    return answer.ok ? await answer.json() : null;
  } catch (err) { return null; }
}
