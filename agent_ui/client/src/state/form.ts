// The draft of a result: what it starts with, what each choice fills in by itself, and what is sent.

import { api, Refusal, type Schemas, sentenceOf } from "../api/client";
import { momentOf, typedDay, typedTime, typedYen } from "./typed";

export interface PartDraft {
  day: string;
  yen: string;
}

export interface Draft {
  form_id: string;
  result: string | null;
  contact: string | null;
  outcome: string | null;
  reason: string | null;
  method: string | null;
  parts: PartDraft[];
  recall: boolean;
  recall_day: string;
  recall_time: string;
  recall_mine: boolean;
  recall_note: string;
  remarks: string;
  complaint: boolean;
  refuses_calls: boolean;
  refuses_sms: boolean;
  learned: boolean;
  learned_phone: string;
  learned_place: string | null;
  learned_holder: string | null;
  whereabouts: string;
  language: string;
  family: boolean;
}

export const TALKED = "01";
const PROMISE = "promise";
const RECALL = "recall";
const MESSAGE = "message";
const MOVED = "moved";
const LANGUAGE = "language";
const COMPLAINT = "complaint";

export function emptyDraft(): Draft {
  return {
    form_id: newId(),
    result: TALKED,
    contact: null,
    outcome: null,
    reason: null,
    method: null,
    parts: [],
    recall: false,
    recall_day: "",
    recall_time: "",
    recall_mine: false,
    recall_note: "",
    remarks: "",
    complaint: false,
    refuses_calls: false,
    refuses_sms: false,
    learned: false,
    learned_phone: "",
    learned_place: null,
    learned_holder: null,
    whereabouts: "",
    language: "",
    family: false,
  };
}

// `crypto.randomUUID` is missing where the panel is served without TLS, as inside many offices' networks.
function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

export const talked = (draft: Draft): boolean => draft.result === TALKED;
export const promises = (draft: Draft): boolean => draft.outcome === PROMISE;
export const recalls = (draft: Draft): boolean => draft.recall || draft.outcome === RECALL;
export const moved = (draft: Draft): boolean => draft.outcome === MOVED;
export const foreign = (draft: Draft): boolean => draft.outcome === LANGUAGE;

/** What a choice fills in: nobody was spoken to without a talk, a promise has a first part for all that is owed. */
export function follow(draft: Draft, owed: number | null): void {
  if (!talked(draft)) {
    draft.contact = null;
    draft.outcome = null;
    draft.reason = null;
  }
  if (promises(draft) && draft.parts.length === 0) draft.parts.push({ day: "", yen: owed ? String(owed) : "" });
  if (draft.outcome === COMPLAINT) draft.complaint = true;
}

/** One key for "family": a relative took the call, a message was left, nothing of tax was said. */
export function familyAnswered(draft: Draft): void {
  draft.family = true;
  draft.result = TALKED;
  draft.contact = "family";
  draft.outcome = MESSAGE;
  draft.reason = null;
  draft.parts = [];
}

export interface Sent {
  body: Schemas["ResultInput"] | null;
  problems: Record<string, string>;
}

/** The form as it is sent, or what cannot be read yet, by field. */
export function sent(draft: Draft, today: string): Sent {
  const problems: Record<string, string> = {};
  const promise: Schemas["PromisePartInput"][] = [];
  if (promises(draft)) {
    draft.parts.forEach((part, at) => {
      const [due, yen] = [typedDay(part.day, today), typedYen(part.yen)];
      if (due === null) problems[`promise.parts.${at + 1}.due_on`] = "期日を入力してください(例: 24、1224、+3、m)。";
      if (yen === null) problems[`promise.parts.${at + 1}.yen`] = "金額を入力してください(例: 35000、3.5万)。";
      if (due !== null && yen !== null) promise.push({ due_on: due, yen });
    });
  }
  let recallAt: string | null = null;
  if (recalls(draft)) {
    const [day, time] = [typedDay(draft.recall_day, today), typedTime(draft.recall_time)];
    if (day === null) problems["recall.day"] = "かけ直す日を入力してください(例: 24、+1)。";
    if (time === null) problems["recall.time"] = "かけ直す時刻を入力してください(例: 1830)。";
    if (day !== null && time !== null) recallAt = momentOf(day, time);
  }
  if (draft.result === null) problems["result"] = "架電結果を選んでください。";
  if (Object.keys(problems).length > 0) return { body: null, problems };
  return {
    body: {
      form_id: draft.form_id,
      result: draft.result ?? "",
      contact: draft.contact,
      outcome: draft.outcome,
      reason: draft.reason,
      method: promises(draft) ? draft.method : null,
      promise,
      recall_at: recallAt,
      recall_mine: draft.recall_mine,
      recall_note: recallAt ? draft.recall_note : "",
      remarks: draft.remarks,
      complaint: draft.complaint,
      refuses_calls: draft.refuses_calls,
      refuses_sms: draft.refuses_sms,
      learned_phone: draft.learned ? draft.learned_phone : "",
      learned_place: draft.learned_place,
      learned_holder: draft.learned_holder,
      whereabouts: moved(draft) ? draft.whereabouts : "",
      language: foreign(draft) && draft.language ? draft.language : null,
    },
    problems,
  };
}

/** What is typed where a problem of this name is shown, to see whether it has been changed; null where it is no field. */
export function typedAt(draft: Draft, field: string): string | null {
  const part = /^promise\.parts\.(\d+)\.(due_on|yen)$/.exec(field);
  if (part) {
    const found = draft.parts[Number(part[1]) - 1];
    return JSON.stringify(part[2] === "yen" ? found?.yen : found?.day);
  }
  if (field === "recall.day") return draft.recall_day;
  if (field === "recall.time") return draft.recall_time;
  const read: Record<string, unknown> = {
    result: draft.result,
    contact: draft.contact,
    outcome: [draft.outcome, draft.contact],
    reason: draft.reason,
    method: draft.method,
    promise: [draft.outcome, draft.parts],
    recall: [draft.outcome, draft.refuses_calls, draft.recall, draft.recall_day, draft.recall_time],
    "recall.call_at": [draft.recall_day, draft.recall_time],
    remarks: draft.remarks,
    learned_phone: draft.learned_phone,
    new_whereabouts: draft.whereabouts,
    whereabouts: draft.whereabouts,
  };
  return field in read ? JSON.stringify(read[field]) : null;
}

export interface Saving {
  saved: boolean;
  problems: Record<string, string>;
  message: string;
}

/** Save the form at `path`; what is wrong comes back by field and as one sentence, and nothing typed is lost. */
export async function save(path: string, draft: Draft, today: string): Promise<Saving> {
  const { body, problems } = sent(draft, today);
  if (body === null) return { saved: false, problems, message: "赤い欄を直してください。" };
  try {
    await api.post<Schemas["SubmittedView"]>(path, body);
    return { saved: true, problems: {}, message: "" };
  } catch (error) {
    const found = error instanceof Refusal ? error.problems.map((one) => [one.field, one.message] as const) : [];
    return { saved: false, problems: Object.fromEntries(found), message: sentenceOf(error) };
  }
}
