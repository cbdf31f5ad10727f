// The operator's desk: one state from the server, one opened case, and what the operator wants of the engine.

import { ref } from "vue";

import { api, Refusal, type Schemas, sentenceOf } from "../api/client";
import { setServerNow } from "./clock";

type State = Schemas["PanelState"];
type Opened = Schemas["OpenedCase"];

export const desk = ref<State | null>(null);
export const opened = ref<Opened | null>(null);
export const codes = ref<Schemas["FormCodes"] | null>(null);
export const trouble = ref("");

export function takeDesk(state: State): void {
  setServerNow(state.now);
  const before = desk.value?.call?.attempt_id;
  const after = state.call?.attempt_id;
  if (before !== after) opened.value = null;
  desk.value = state;
}

export async function loadDesk(): Promise<void> {
  const state = await api.get<State>("/panel");
  takeDesk(state);
  codes.value ??= await api.get<Schemas["FormCodes"]>("/panel/codes");
  if (state.confirmed && state.call && !opened.value) {
    opened.value = await api.get<Opened>(`/panel/calls/${state.call.attempt_id}/case`);
  }
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
