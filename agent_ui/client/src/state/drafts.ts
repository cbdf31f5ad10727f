// What was typed for a call survives a reload and a crash; it is gone once saved, at sign-out, and after a day.

const PREFIX = "tsunagaru:draft:";
const DAY = 24 * 60 * 60 * 1000;

interface Kept {
  at: number;
  draft: unknown;
}

export function keepDraft(attempt: string, draft: unknown): void {
  const kept: Kept = { at: Date.now(), draft };
  localStorage.setItem(PREFIX + attempt, JSON.stringify(kept));
}

export function draftOf<Draft>(attempt: string): Draft | null {
  const text = localStorage.getItem(PREFIX + attempt);
  if (text === null) return null;
  try {
    return (JSON.parse(text) as Kept).draft as Draft;
  } catch {
    return null;
  }
}

export function forgetDraft(attempt: string): void {
  localStorage.removeItem(PREFIX + attempt);
}

export function forgetAllDrafts(): void {
  keys().forEach((key) => localStorage.removeItem(key));
}

export function forgetOldDrafts(): void {
  for (const key of keys()) {
    try {
      const kept = JSON.parse(localStorage.getItem(key) ?? "") as Kept;
      if (Date.now() - kept.at > DAY) localStorage.removeItem(key);
    } catch {
      localStorage.removeItem(key);
    }
  }
}

function keys(): string[] {
  return Object.keys(localStorage).filter((key) => key.startsWith(PREFIX));
}
