import { ref } from "vue";

type Theme = "light" | "dark";
const KEY = "tsunagaru:theme";

function wanted(): Theme {
  const kept = localStorage.getItem(KEY);
  if (kept === "light" || kept === "dark") return kept;
  return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}

export const theme = ref<Theme>("light");

export function applyTheme(chosen: Theme = wanted()): void {
  theme.value = chosen;
  document.documentElement.dataset["theme"] = chosen;
}

export function toggleTheme(): void {
  const next = theme.value === "dark" ? "light" : "dark";
  localStorage.setItem(KEY, next);
  applyTheme(next);
}
