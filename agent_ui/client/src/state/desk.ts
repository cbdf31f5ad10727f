// The operator's desk: one state from the server, one opened case, and what the operator wants of the engine.

import { ref } from "vue";

import { api, Refusal, type Schemas, sentenceOf } from "../api/client";
import { setServerNow } from "./clock";

type State = Schemas["PanelState"];
type Opened = Schemas["OpenedCase"];

/** Another member of the household on the line of this call; `opened` once that member's own identity is confirmed. */
export interface Member {
  addressee: string;
  relation: string;
  card: Schemas["CallCard"];
  opened: Opened | null;
  recorded: boolean;
}

export const desk = ref<State | null>(null);
export const opened = ref<Opened | null>(null);
export const codes = ref<Schemas["FormCodes"] | null>(null);
export const trouble = ref("");
export const members = ref<Member[]>([]);
/** Whose case is in front: another member's 宛名番号, or null for the person called. */
export const speaking = ref<string | null>(null);

/** Answers and news overtake each other: what was read before what stands here is of no use any more. */
const OVERTAKEN_MS = 5000;

function isOvertaken(state: State): boolean {
  const late = desk.value ? Date.parse(desk.value.now) - Date.parse(state.now) : 0;
  return late > 0 && late < OVERTAKEN_MS;
}

export function takeDesk(state: State): void {
  if (isOvertaken(state)) {
    // Only the answer knows whose identity this browser has confirmed.
    reopen(state);
    return;
  }
  setServerNow(state.now);
  const before = desk.value?.call?.attempt_id;
  const after = state.call?.attempt_id;
  if (before !== after) {
    opened.value = null;
    members.value = [];
    speaking.value = null;
  }
  if (desk.value && isPast(desk.value, state)) trouble.value = "";
  desk.value = state;
  reopen(state);
  // A call that is over and comes back to be written up: what was confirmed in it only an answer can tell.
  if (before !== after && state.call && !state.call.live && !state.confirmed) void loadDesk().catch(() => undefined);
}

/** A call whose identity is confirmed, here before or where it was handed over from: its case opens by itself. */
function reopen(state: State): void {
  if (state.call && state.confirmed && !opened.value) void openCase(state.call.attempt_id);
}

/** What was refused or put off was so of the desk as it stood. Who takes a seat is still being told of their voice. */
function isPast(before: State, after: State): boolean {
  const other = before.call?.attempt_id !== after.call?.attempt_id || before.seat.state !== after.seat.state;
  const granted = before.seat.pausing_label !== null && after.seat.pausing_label === null;
  return granted || (other && before.seat.state !== "offline");
}

async function openCase(attempt: string): Promise<void> {
  const found = await api.get<Opened>(`/panel/calls/${attempt}/case`).catch(() => null);
  if (found && desk.value?.call?.attempt_id === attempt) opened.value ??= found;
}

export async function loadDesk(): Promise<void> {
  const state = await api.get<State>("/panel");
  takeDesk(state);
  codes.value ??= await api.get<Schemas["FormCodes"]>("/panel/codes");
  if (state.call) await reopenMembers(state.call.attempt_id, state.members);
}

export async function confirmIdentity(attempt: string, contact: string, items: string[]): Promise<string> {
  try {
    const found = await api.post<Opened>(`/panel/calls/${attempt}/identity`, { contact, items });
    if (desk.value?.call?.attempt_id === attempt) opened.value = found;
    return "";
  } catch (error) {
    // Not enough items yet is no trouble, only a reason to go on asking.
    if (error instanceof Refusal && error.status === 403) return error.message;
    throw error;
  }
}

async function reopenMembers(attempt: string, tabs: Schemas["MemberTab"][]): Promise<void> {
  for (const tab of tabs) {
    if (members.value.some((one) => one.addressee === tab.addressee_no)) continue;
    const found = await api.get<Schemas["OpenedMember"]>(`/panel/calls/${attempt}/members/${tab.addressee_no}/case`);
    // Asked for twice at once, or for a call that is gone meanwhile: once is enough.
    if (desk.value?.call?.attempt_id !== attempt) return;
    if (members.value.some((one) => one.addressee === tab.addressee_no)) continue;
    members.value.push({
      addressee: tab.addressee_no,
      relation: found.relation,
      card: found.opened.call,
      opened: found.opened,
      recorded: tab.recorded,
    });
  }
}

/** Another member has come to the telephone: their neutral card comes to the front. */
export async function meet(attempt: string, addressee: string, relation: string): Promise<void> {
  trouble.value = "";
  if (!members.value.some((one) => one.addressee === addressee)) {
    try {
      const card = await api.get<Schemas["CallCard"]>(`/panel/calls/${attempt}/members/${addressee}`);
      members.value.push({ addressee, relation, card, opened: null, recorded: card.recorded });
    } catch (error) {
      trouble.value = sentenceOf(error);
      return;
    }
  }
  speaking.value = addressee;
}

export async function confirmMember(attempt: string, addressee: string, items: string[]): Promise<string> {
  try {
    const path = `/panel/calls/${attempt}/members/${addressee}/identity`;
    const found = await api.post<Schemas["OpenedMember"]>(path, { items });
    const member = members.value.find((one) => one.addressee === addressee);
    if (member && desk.value?.call?.attempt_id === attempt) member.opened = found.opened;
    return "";
  } catch (error) {
    if (error instanceof Refusal && error.status === 403) return error.message;
    throw error;
  }
}

/** Tell the engine something; what comes of it arrives as a changed desk. */
export async function say(path: string, body: unknown = {}): Promise<boolean> {
  trouble.value = "";
  try {
    await api.post(`/panel/${path}`, body);
    return true;
  } catch (error) {
    trouble.value = sentenceOf(error);
    return false;
  }
}
