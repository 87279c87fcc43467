// The staff microphone: hold the button, speak, let go. What was said is sent
// as WAV and announced whole, so that a weak network cannot chop it.
const mic = document.getElementById('mic');
const talk = document.getElementById('talk');
const state = document.getElementById('mic-state');
const wav = document.getElementById('wav');
const MOST_MS = 60000;
const RATE = 48000;

let recorder = null;
let wanted = false;
let limit = 0;

function tell(text) { state.textContent = text; }

function query() {
  const zones = document.getElementById('zones');
  const text = document.getElementById('text').value.trim();
  const q = new URLSearchParams();
  if (zones && zones.value) q.append('zones', zones.value);
  if (text) q.append('text', text);
  return q.toString();
}

async function send(body) {
  const answer = await fetch('/admin/sound/speech?' + query(), { method: 'POST', headers: { 'Content-Type': 'audio/wav' }, body });
  tell(answer.ok ? mic.dataset.sent : await answer.text());
}

// encode makes 16-bit mono WAV of decoded sound.
function encode(buffer) {
  const n = buffer.length;
  const view = new DataView(new ArrayBuffer(44 + n * 2));
  const word = (at, text) => { for (let i = 0; i < 4; i++) view.setUint8(at + i, text.charCodeAt(i)); };
  word(0, 'RIFF'); view.setUint32(4, 36 + n * 2, true); word(8, 'WAVE'); word(12, 'fmt ');
  view.setUint32(16, 16, true); view.setUint16(20, 1, true); view.setUint16(22, 1, true);
  view.setUint32(24, buffer.sampleRate, true); view.setUint32(28, buffer.sampleRate * 2, true);
  view.setUint16(32, 2, true); view.setUint16(34, 16, true); word(36, 'data'); view.setUint32(40, n * 2, true);
  const samples = buffer.getChannelData(0);
  for (let i = 0; i < n; i++) view.setInt16(44 + i * 2, Math.max(-1, Math.min(1, samples[i])) * 32767, true);
  return view.buffer;
}

async function begin() {
  if (recorder) return;
  wanted = true;
  let stream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ audio: true });
  } catch (error) {
    tell(mic.dataset.none);
    return;
  }
  const parts = [];
  recorder = new MediaRecorder(stream);
  recorder.ondataavailable = (e) => parts.push(e.data);
  recorder.onstop = async () => {
    stream.getTracks().forEach((track) => track.stop());
    const type = recorder.mimeType;
    recorder = null;
    talk.classList.remove('on');
    try {
      const bytes = await new Blob(parts, { type }).arrayBuffer();
      await send(encode(await new OfflineAudioContext(1, 1, RATE).decodeAudioData(bytes)));
    } catch (error) {
      tell(String(error));
    }
  };
  recorder.start();
  talk.classList.add('on');
  tell(mic.dataset.busy);
  limit = setTimeout(end, MOST_MS - 1000);
  if (!wanted) end(); // Let go while the browser was still asking.
}

function end() {
  wanted = false;
  clearTimeout(limit);
  if (recorder && recorder.state === 'recording') recorder.stop();
}

if (!navigator.mediaDevices || !window.MediaRecorder) {
  talk.disabled = true;
  tell(mic.dataset.none);
}
talk.addEventListener('pointerdown', begin);
for (const name of ['pointerup', 'pointercancel', 'pointerleave']) talk.addEventListener(name, end);
talk.addEventListener('keydown', (e) => { if (e.key === ' ' && !e.repeat) { e.preventDefault(); begin(); } });
talk.addEventListener('keyup', (e) => { if (e.key === ' ') { e.preventDefault(); end(); } });
wav.addEventListener('change', () => { if (wav.files.length) send(wav.files[0]); });
