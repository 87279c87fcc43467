// The microphone: blocks of samples, their level, and recordings as WAV files.

// db is the RMS level of samples in dBFS.
export function db(samples) {
  let sum = 0;
  for (let i = 0; i < samples.length; i++) { sum += samples[i] * samples[i]; }
  return 10 * Math.log10(sum / Math.max(1, samples.length) + 1e-12);
}

// wav makes a 16-bit mono WAV file of blocks of samples.
export function wav(blocks, rate) {
  let length = 0;
  for (const b of blocks) { length += b.length; }
  const view = new DataView(new ArrayBuffer(44 + 2 * length));
  const text = function (at, s) { for (let i = 0; i < s.length; i++) { view.setUint8(at + i, s.charCodeAt(i)); } };
  text(0, 'RIFF'); view.setUint32(4, 36 + 2 * length, true); text(8, 'WAVEfmt ');
  view.setUint32(16, 16, true); view.setUint16(20, 1, true); view.setUint16(22, 1, true);
  view.setUint32(24, rate, true); view.setUint32(28, 2 * rate, true); view.setUint16(32, 2, true); view.setUint16(34, 16, true);
  text(36, 'data'); view.setUint32(40, 2 * length, true);
  let at = 44;
  for (const b of blocks) {
    for (let i = 0; i < b.length; i++, at += 2) {
      view.setInt16(at, Math.max(-32768, Math.min(32767, Math.round(b[i] * 32768))), true);
    }
  }
  return new Blob([view.buffer], { type: 'audio/wav' });
}

export class Microphone {
  // heard(samples, rate) is called for every block while the microphone is open.
  constructor(worklet, heard) { this.worklet = worklet; this.heard = heard; this.context = null; }

  static available() { return window.isSecureContext && !!(navigator.mediaDevices && navigator.mediaDevices.getUserMedia && window.AudioWorkletNode); }

  // sound is the one audio context, for recording and for playing.
  sound() {
    if (!this.context) {
      try { this.context = new AudioContext({ sampleRate: 48000 }); } catch (err) { this.context = new AudioContext(); }
    }
    return this.context;
  }

  // open asks for the microphone once. Browsers improve voices for telephony
  // unless told not to; here that would spoil the recording.
  async open() {
    if (this.stream && this.stream.active) { return; }
    this.stream = await navigator.mediaDevices.getUserMedia({ audio: {
      echoCancellation: false, noiseSuppression: false, autoGainControl: false, channelCount: 1, sampleRate: 48000 } });
    const context = this.sound();
    await context.resume();
    await context.audioWorklet.addModule(this.worklet);
    const tap = new AudioWorkletNode(context, 'tap', { numberOfInputs: 1, numberOfOutputs: 0, channelCount: 1 });
    const self = this;
    tap.port.onmessage = function (e) { self.heard(e.data, context.sampleRate); };
    context.createMediaStreamSource(this.stream).connect(tap);
    this.tap = tap; // Or it is collected as garbage.
  }

  // play fetches a WAV file of the server and plays it to its end.
  async play(url) {
    const answer = await fetch(url, { credentials: 'same-origin', cache: 'no-store' });
    if (!answer.ok) { throw new Error((await answer.json().catch(function () { return {}; })).problem || String(answer.status)); }
    const context = this.sound();
    await context.resume();
    const buffer = await context.decodeAudioData(await answer.arrayBuffer());
    this.hush();
    const source = context.createBufferSource();
    source.buffer = buffer;
    source.connect(context.destination);
    this.playing = source;
    const ended = new Promise(function (done) { source.onended = done; });
    source.start();
    return { headers: answer.headers, seconds: buffer.duration, ended: ended };
  }

  hush() {
    if (this.playing) { try { this.playing.stop(); } catch (err) { /* It has ended. */ } this.playing = null; }
  }
}
