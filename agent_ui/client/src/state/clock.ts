// The server's time on this screen: timers count from the server's moments, whatever this terminal's own clock says.

import { onUnmounted, ref, type Ref } from "vue";

let offset = 0;

export function setServerNow(iso: string): void {
  offset = Date.parse(iso) - Date.now();
}

export function serverNow(): number {
  return Date.now() + offset;
}

const ticking = ref(Date.now());
let watchers = 0;
let timer: number | undefined;

export function useSeconds(): Ref<number> {
  watchers += 1;
  timer ??= window.setInterval(() => (ticking.value = serverNow()), 1000);
  ticking.value = serverNow();
  onUnmounted(() => {
    watchers -= 1;
    if (watchers === 0) {
      window.clearInterval(timer);
      timer = undefined;
    }
  });
  return ticking;
}
