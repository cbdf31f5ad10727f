// How figures, money, days and times are written in Japanese.

const YEN = new Intl.NumberFormat("ja-JP");
const WEEKDAYS = ["日", "月", "火", "水", "木", "金", "土"];

export function yen(amount: number): string {
  return `${YEN.format(amount)}円`;
}

export function count(amount: number): string {
  return YEN.format(amount);
}

export function percent(share: number, digits = 1): string {
  return `${(share * 100).toFixed(digits)}%`;
}

export function duration(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (part: number): string => String(part).padStart(2, "0");
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

const JST = new Intl.DateTimeFormat("ja-JP", {
  timeZone: "Asia/Tokyo",
  year: "numeric",
  month: "numeric",
  day: "numeric",
  weekday: "short",
  hour: "2-digit",
  minute: "2-digit",
  hourCycle: "h23",
});

function parts(moment: Date): Record<string, string> {
  return Object.fromEntries(JST.formatToParts(moment).map((part) => [part.type, part.value]));
}

export function time(iso: string): string {
  const found = parts(new Date(iso));
  return `${found["hour"]}:${found["minute"]}`;
}

export function dayAndTime(iso: string): string {
  const found = parts(new Date(iso));
  return `${found["month"]}/${found["day"]}(${found["weekday"]}) ${found["hour"]}:${found["minute"]}`;
}

export function longDayAndTime(iso: string): string {
  const found = parts(new Date(iso));
  return `${found["year"]}/${found["month"]}/${found["day"]}(${found["weekday"]}) ${found["hour"]}:${found["minute"]}`;
}

// A calendar day comes as YYYY-MM-DD and is no moment: it is never shifted by a time zone.
export function day(iso: string): string {
  const date = asDate(iso);
  return `${date.getUTCFullYear()}/${date.getUTCMonth() + 1}/${date.getUTCDate()}`;
}

export function shortDay(iso: string): string {
  const date = asDate(iso);
  return `${date.getUTCMonth() + 1}/${date.getUTCDate()}(${WEEKDAYS[date.getUTCDay()]})`;
}

export function wareki(iso: string): string {
  const date = asDate(iso);
  const year = date.getUTCFullYear();
  const written = `${date.getUTCMonth() + 1}月${date.getUTCDate()}日(${WEEKDAYS[date.getUTCDay()]})`;
  if (iso >= "2019-05-01") return `令和${year === 2019 ? "元" : year - 2018}年${written}`;
  if (iso >= "1989-01-08") return `平成${year === 1989 ? "元" : year - 1988}年${written}`;
  if (iso >= "1926-12-25") return `昭和${year === 1926 ? "元" : year - 1925}年${written}`;
  return `${year}年${written}`;
}

export function levyYear(year: number): string {
  return year >= 2019 ? `R${year - 2018}` : `H${year - 1988}`;
}

function asDate(iso: string): Date {
  return new Date(`${iso.slice(0, 10)}T00:00:00Z`);
}

export function today(now: number): string {
  const found = parts(new Date(now));
  return `${found["year"]}-${(found["month"] ?? "").padStart(2, "0")}-${(found["day"] ?? "").padStart(2, "0")}`;
}
