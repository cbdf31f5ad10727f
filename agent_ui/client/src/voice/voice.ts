// The operator's voice: one telephone line for the shift, answered by itself. Only this file knows what it is made of.
//
// The line is open while the operator has a seat, whatever screen is in front. The microphone stays open with it, so that
// a resident is spoken to a quarter of a second after the join. A page that is left says so to the node, which keeps the
// resident company until the new page has registered and takes the call again.

import type { RTCSession } from "jssip/lib/RTCSession";
import { computed, reactive } from "vue";

import { api, type Schemas, sentenceOf } from "../api/client";
import { openMicrophone, remedyOf, speakBy, tone, whenDevicesChange } from "./devices";
import type { NodeAccount, NodeLine } from "./node-line";

type View = Schemas["LineView"];
type State = "off" | "none" | "desk" | "connecting" | "connected" | "reconnecting" | "no-microphone" | "elsewhere";

export const voice = reactive({
  state: "off" as State,
  /** What to do, where the state alone does not say it. */
  trouble: "",
  inCall: false,
  muted: false,
  held: false,
  /** A colleague asks this desk in (取次): to be answered by hand. */
  ringing: false,
});

/** Whether a resident could be joined to this desk now. */
export const mayBeJoined = computed(() => ["none", "desk", "connected"].includes(voice.state));

const LABELS: Record<State, string> = {
  off: "",
  none: "",
  desk: "電話機",
  connecting: "接続しています",
  connected: "接続済",
  reconnecting: "再接続中",
  "no-microphone": "マイクなし",
  elsewhere: "別の画面で使用中",
};
export const voiceLabel = computed(() => LABELS[voice.state]);

const PROLONG_MS = 60 * 60 * 1000;
const ICE_MS = 200;
const READY_WITHIN_MS = 8000;

let lines: NodeLine[] = [];
let stream: MediaStream | null = null;
let session: RTCSession | null = null;
let asked: RTCSession | null = null;
let opening: Promise<void> | null = null;
let prolong: ReturnType<typeof setInterval> | undefined;
let forgetDevices: () => void = () => undefined;
const waiting = new Set<() => void>();
const windows = new BroadcastChannel("tsunagaru:voice");
const heard = new Audio();

/** Open the line, if there is one; it stays open until `closeVoice`. Safe to call at every change of the seat. */
export function openVoice(): Promise<void> {
  if (voice.state !== "off" && voice.state !== "elsewhere") return opening ?? Promise.resolve();
  opening = open().finally(() => (opening = null));
  return opening;
}

/** The shift is over, or the page is left. */
export function closeVoice(): void {
  end("off");
}

/** Wait until the line stands; the sentence that says why it does not and what to do, or nothing. */
export async function voiceReady(): Promise<string> {
  await openVoice();
  const deadline = Date.now() + READY_WITHIN_MS;
  while (!mayBeJoined.value && voice.state !== "no-microphone" && Date.now() < deadline) {
    await new Promise<void>((changed) => {
      waiting.add(changed);
      setTimeout(changed, 500);
    });
  }
  if (mayBeJoined.value) return "";
  return voice.trouble || "音声の回線がまだつながっていません。少し待ってからもう一度押してください。続く場合は管理者に連絡してください。";
}

export function toggleMute(): void {
  if (!session) return;
  if (voice.muted) session.unmute({ audio: true });
  else session.mute({ audio: true });
}

export function toggleHold(): void {
  if (!session) return;
  if (voice.held) session.unhold();
  else session.hold();
}

/** Press a key of the telephone, as for an extension behind an exchange. */
export function press(key: string): void {
  // In the voice itself (RFC 4733), which the node passes on; JsSIP names the choice by its old number.
  session?.sendDTMF(key, { transportType: "RFC2833" as never, duration: 120 });
}

/** Another microphone or headset was chosen: at once, also in the middle of a call. */
export async function useChosenDevices(): Promise<void> {
  await speakBy(heard);
  if (voice.state === "off" || voice.state === "none" || voice.state === "desk") return;
  await takeMicrophone();
  const track = stream?.getAudioTracks()[0];
  const sender = session?.connection?.getSenders().find((one: RTCRtpSender) => one.track?.kind === "audio");
  if (track && sender) {
    const mine = track.clone();
    mine.enabled = !voice.muted;
    await sender.replaceTrack(mine);
  }
  refresh();
}

async function open(): Promise<void> {
  set("connecting", "");
  let view: View;
  try {
    view = await api.post<View>("/panel/line");
  } catch (error) {
    set("off", sentenceOf(error));
    return;
  }
  if (view.kind !== "browser") return set(view.kind, "");
  windows.postMessage("taken");
  forgetDevices = whenDevicesChange(() => void devicesChanged());
  prolong = setInterval(() => void renew(), PROLONG_MS);
  await Promise.all([takeMicrophone(), register(view.lines)]);
  refresh();
}

async function register(accounts: NodeAccount[]): Promise<void> {
  const { NodeLine } = await import("./node-line");
  lines.forEach((line) => line.close());
  lines = accounts.map((account) => new NodeLine(account, { changed: refresh, called: meet, refused: () => void renew() }));
}

/** Ask again: the shift is prolonged, and where it had ended there are new secrets. */
async function renew(): Promise<void> {
  const view = await api.post<View>("/panel/line").catch(() => null);
  if (!view || lines.length === 0) return;
  const known = new Set(lines.map((line) => `${line.account.node} ${line.account.secret}`));
  if (view.lines.every((line) => known.has(`${line.node} ${line.secret}`))) return;
  if (!session) await register(view.lines);
}

async function takeMicrophone(): Promise<void> {
  const before = stream;
  try {
    stream = await openMicrophone();
    stream.getAudioTracks()[0]?.addEventListener("ended", () => void devicesChanged());
    voice.trouble = "";
  } catch (error) {
    stream = null;
    voice.trouble = remedyOf(error);
  }
  before?.getTracks().forEach((track) => track.stop());
}

async function devicesChanged(): Promise<void> {
  const track = stream?.getAudioTracks()[0];
  if (!track || track.readyState === "ended") await useChosenDevices();
}

/** 取次: the colleague's call is taken up. */
export function answerColleague(): void {
  const called = asked;
  stopRinging();
  if (called) take(called);
}

function stopRinging(): void {
  asked = null;
  voice.ringing = false;
}

/** A resident, or whoever this desk listens to, is here: no hand is needed. A colleague's call rings. */
function meet(called: RTCSession, rings: boolean): void {
  if (!rings || session || !stream) return take(called);
  asked = called;
  voice.ringing = true;
  const over = (): void => {
    if (asked === called) stopRinging();
  };
  called.on("failed", over);
  called.on("ended", over);
  void ring();
}

async function ring(): Promise<void> {
  while (voice.ringing) {
    await tone(660, 400);
    await new Promise((done) => setTimeout(done, 1200));
  }
}

function take(called: RTCSession): void {
  const microphone = stream?.getAudioTracks()[0]?.clone();
  if (session || !microphone) {
    called.terminate({ status_code: session ? 486 : 480 });
    return;
  }
  session = called;
  let settled: ReturnType<typeof setTimeout> | undefined;
  called.on("peerconnection", ({ peerconnection }) => {
    peerconnection.addEventListener("track", (event: RTCTrackEvent) => void hear(event.streams[0] ?? new MediaStream([event.track])));
  });
  called.on("icecandidate", ({ ready }) => {
    // The office's own addresses are all there is; a machine with many of them need not be asked for each.
    settled ??= setTimeout(ready, ICE_MS);
  });
  called.on("muted", () => (voice.muted = true));
  called.on("unmuted", () => (voice.muted = false));
  called.on("hold", (event) => String(event.originator) === "local" && (voice.held = true));
  called.on("unhold", (event) => String(event.originator) === "local" && (voice.held = false));
  const over = (): void => {
    clearTimeout(settled);
    microphone.stop();
    if (session === called) session = null;
    heard.srcObject = null;
    Object.assign(voice, { inCall: false, muted: false, held: false });
  };
  called.on("ended", over);
  called.on("failed", over);
  called.answer({ mediaStream: new MediaStream([microphone]), pcConfig: { iceServers: [] } });
  voice.inCall = true;
  void tone(880, 120);
}

async function hear(from: MediaStream): Promise<void> {
  heard.srcObject = from;
  await speakBy(heard);
  await heard.play().catch(() => undefined);
}

function refresh(): void {
  if (voice.state === "off" || voice.state === "elsewhere") return;
  if (!stream) return set("no-microphone", voice.trouble);
  if (lines.some((line) => line.registered)) return set("connected", "");
  set(voice.state === "connecting" ? "connecting" : "reconnecting", "");
}

function set(state: State, trouble: string): void {
  voice.state = state;
  voice.trouble = trouble;
  waiting.forEach((changed) => changed());
  waiting.clear();
}

function end(state: "off" | "elsewhere"): void {
  clearInterval(prolong);
  forgetDevices();
  lines.forEach((line) => line.close());
  lines = [];
  stream?.getTracks().forEach((track) => track.stop());
  stream = null;
  session = null;
  heard.srcObject = null;
  Object.assign(voice, { inCall: false, muted: false, held: false });
  set(state, state === "elsewhere" ? "別の画面で操作パネルが開かれました。音声はその画面で使われています。" : "");
}

// The window that was opened last speaks: two registrations of one line would take it from each other for ever.
windows.addEventListener("message", () => {
  if (voice.state !== "off" && voice.state !== "none" && voice.state !== "desk") end("elsewhere");
});
window.addEventListener("pagehide", () => end("off"));
