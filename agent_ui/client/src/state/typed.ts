// What an operator types for a day, a time or an amount, in as few keys as possible.

const DAY_MS = 24 * 60 * 60 * 1000;

function iso(date: Date): string {
  return date.toISOString().slice(0, 10);
}

function valid(year: number, month: number, day: number): string | null {
  const date = new Date(Date.UTC(year, month - 1, day));
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day ? iso(date) : null;
}

/** 5 → the next 5th · 1224, 12/24, 12-24 → the next such day · +3 → in three days · m → 月末 · mm → 翌月末 */
export function typedDay(text: string, today: string): string | null {
  const typed = text.normalize("NFKC").trim().toLowerCase();
  const base = new Date(`${today}T00:00:00Z`);
  const [year, month] = [base.getUTCFullYear(), base.getUTCMonth() + 1];
  if (typed === "") return null;
  if (typed === "m" || typed === "月末") return iso(new Date(Date.UTC(year, month, 0)));
  if (typed === "mm" || typed === "翌月末") return iso(new Date(Date.UTC(year, month + 1, 0)));
  const ahead = /^\+(\d{1,3})$/.exec(typed);
  if (ahead) return iso(new Date(base.getTime() + Number(ahead[1]) * DAY_MS));
  const full = /^(\d{4})[-/.]?(\d{1,2})[-/.]?(\d{1,2})$/.exec(typed);
  if (full && typed.replace(/\D/g, "").length > 4) return valid(Number(full[1]), Number(full[2]), Number(full[3]));
  const reiwa = /^(?:r|令和)(\d{1,2})[-/.年](\d{1,2})[-/.月](\d{1,2})日?$/.exec(typed);
  if (reiwa) return valid(2018 + Number(reiwa[1]), Number(reiwa[2]), Number(reiwa[3]));
  const monthDay = /^(\d{1,2})[-/.月](\d{1,2})日?$/.exec(typed) ?? /^(\d{2})(\d{2})$/.exec(typed) ?? /^(\d)(\d{2})$/.exec(typed);
  if (monthDay) {
    const [m, d] = [Number(monthDay[1]), Number(monthDay[2])];
    const thisYear = valid(year, m, d);
    return thisYear !== null && thisYear >= today ? thisYear : valid(year + 1, m, d);
  }
  const alone = /^(\d{1,2})日?$/.exec(typed);
  if (alone) {
    const d = Number(alone[1]);
    const thisMonth = valid(year, month, d);
    if (thisMonth !== null && thisMonth >= today) return thisMonth;
    return month === 12 ? valid(year + 1, 1, d) : valid(year, month + 1, d);
  }
  return null;
}

/** 1830, 18:30, 18 → a time of day */
export function typedTime(text: string): string | null {
  const typed = text.normalize("NFKC").trim();
  const found = /^(\d{1,2}):(\d{2})$/.exec(typed) ?? /^(\d{1,2})(\d{2})$/.exec(typed) ?? /^(\d{1,2})()$/.exec(typed);
  if (!found) return null;
  const [hour, minute] = [Number(found[1]), Number(found[2] || 0)];
  if (hour > 23 || minute > 59) return null;
  return `${String(hour).padStart(2, "0")}:${String(minute).padStart(2, "0")}`;
}

/** 35000, 35,000, 3.5万, 3万5千 → yen */
export function typedYen(text: string): number | null {
  const typed = text.normalize("NFKC").replace(/[,\s円¥]/g, "");
  if (/^\d+$/.test(typed)) return Number(typed);
  const found = /^(?:(\d+(?:\.\d+)?)万)?(?:(\d+)千)?(\d+)?$/.exec(typed);
  if (!found || typed === "") return null;
  return Math.round(Number(found[1] ?? 0) * 10000) + Number(found[2] ?? 0) * 1000 + Number(found[3] ?? 0);
}

/** A day and a time in Japan as the moment it is. */
export function momentOf(day: string, time: string): string {
  return `${day}T${time}:00+09:00`;
}
