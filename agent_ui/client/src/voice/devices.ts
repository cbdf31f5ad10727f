// Microphone and headset of this browser: what was chosen, how to open it, and what to do where the browser refuses.

import { ref } from "vue";

const MICROPHONE = "tsunagaru:microphone";
const SPEAKER = "tsunagaru:speaker";

export interface Choice {
  id: string;
  label: string;
}

/** The ids chosen in this browser; empty: what the machine takes by itself. */
export const microphone = ref(localStorage.getItem(MICROPHONE) ?? "");
export const speaker = ref(localStorage.getItem(SPEAKER) ?? "");

export function chooseMicrophone(id: string): void {
  microphone.value = id;
  localStorage.setItem(MICROPHONE, id);
}

export function chooseSpeaker(id: string): void {
  speaker.value = id;
  localStorage.setItem(SPEAKER, id);
}

const INSECURE =
  "この画面は暗号化されていない接続(http)で開かれているため、ブラウザーがマイクを使わせません。" +
  "https:// で始まるアドレスで開き直してください。アドレスが分からないときは管理者に連絡してください。";
const TROUBLES: Record<string, string> = {
  NotAllowedError:
    "マイクの使用が許可されていません。アドレス欄の左端のしるしを押し、「マイク」を「許可」にしてから、この画面を再読み込みしてください。",
  NotFoundError: "マイクが見つかりません。ヘッドセットを差し込み直し、パソコンの音の設定に出ているか確かめてください。",
  NotReadableError:
    "マイクをほかのプログラムが使っています。会議などのプログラムを終えるか、ヘッドセットを差し込み直してください。",
};
const UNKNOWN = "マイクを使えません。ヘッドセットを差し込み直し、画面を再読み込みしてください。続く場合は管理者に連絡してください。";

/** What to do about a refusal of the browser, in one or two sentences. */
export function remedyOf(error: unknown): string {
  if (!window.isSecureContext || !("mediaDevices" in navigator)) return INSECURE;
  return TROUBLES[error instanceof Error ? error.name : ""] ?? UNKNOWN;
}

/** Open the chosen microphone, or the machine's own where the chosen one is not plugged in. */
export async function openMicrophone(): Promise<MediaStream> {
  if (!window.isSecureContext || !("mediaDevices" in navigator)) throw new Error("insecure");
  const wanted = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
  // `ideal`, so that a headset left at home is no reason to have no voice.
  const device = microphone.value ? { deviceId: { ideal: microphone.value } } : {};
  return await navigator.mediaDevices.getUserMedia({ audio: { ...wanted, ...device } });
}

export async function devicesOf(kind: "audioinput" | "audiooutput"): Promise<Choice[]> {
  const all = "mediaDevices" in navigator ? await navigator.mediaDevices.enumerateDevices() : [];
  return all
    .filter((device) => device.kind === kind && device.deviceId !== "")
    .map((device, at) => ({ id: device.deviceId, label: device.label || `機器 ${at + 1}` }));
}

export function whenDevicesChange(handler: () => void): () => void {
  if (!("mediaDevices" in navigator)) return () => undefined;
  navigator.mediaDevices.addEventListener("devicechange", handler);
  return () => navigator.mediaDevices.removeEventListener("devicechange", handler);
}

/** Let an element speak by the chosen headset; one that is not there any more leaves it to the machine. */
export async function speakBy(element: HTMLAudioElement): Promise<void> {
  if (!("setSinkId" in element)) return;
  await element.setSinkId(speaker.value).catch(() => element.setSinkId("").catch(() => undefined));
}

/** A short tone by the chosen headset: a call has come, or the headset is heard. */
export async function tone(hertz: number, milliseconds: number, loudness = 0.15): Promise<void> {
  const context = new AudioContext();
  const out = context.createMediaStreamDestination();
  const [source, gain] = [context.createOscillator(), context.createGain()];
  const end = context.currentTime + milliseconds / 1000;
  source.frequency.value = hertz;
  gain.gain.setValueAtTime(0, context.currentTime);
  gain.gain.linearRampToValueAtTime(loudness, context.currentTime + 0.02);
  gain.gain.setValueAtTime(loudness, end - 0.03);
  gain.gain.linearRampToValueAtTime(0, end);
  source.connect(gain).connect(out);
  const element = new Audio();
  element.srcObject = out.stream;
  await speakBy(element);
  source.start();
  source.stop(end);
  await element.play().catch(() => undefined);
  await new Promise((done) => setTimeout(done, milliseconds + 100));
  element.srcObject = null;
  await context.close();
}
