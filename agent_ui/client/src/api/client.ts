// Every request to the server goes through here: same origin, token for changes, one Japanese sentence for a failure.

import type { components } from "./schema";

export type Schemas = components["schemas"];

export interface Problem {
  field: string;
  message: string;
}

export class Refusal extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly problems: Problem[],
  ) {
    super(message);
  }
}

let token = "";
let signedOut: () => void = () => undefined;

export function useToken(value: string): void {
  token = value;
}

export function whenSignedOut(handler: () => void): void {
  signedOut = handler;
}

const LOST = "サーバーに接続できません。通信を確認しています。入力した内容は画面に残っています。";

async function call<Answer>(method: string, path: string, body?: unknown): Promise<Answer> {
  const headers: Record<string, string> = { Accept: "application/json" };
  if (method !== "GET") headers["X-CSRFToken"] = token;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let response: Response;
  try {
    response = await fetch(`/api${path}`, {
      method,
      headers,
      credentials: "same-origin",
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  } catch {
    throw new Refusal(0, LOST, []);
  }
  const answer: unknown = await response.json().catch(() => null);
  if (!response.ok) {
    const told = (answer ?? {}) as { message?: string; problems?: Problem[] };
    if (response.status === 401) signedOut();
    throw new Refusal(response.status, told.message ?? LOST, told.problems ?? []);
  }
  return answer as Answer;
}

export const api = {
  get: <Answer>(path: string): Promise<Answer> => call<Answer>("GET", path),
  post: <Answer>(path: string, body: unknown = {}): Promise<Answer> => call<Answer>("POST", path, body),
  remove: <Answer>(path: string): Promise<Answer> => call<Answer>("DELETE", path),
};

export function sentenceOf(error: unknown): string {
  return error instanceof Error ? error.message : "処理できませんでした。もう一度操作してください。";
}
