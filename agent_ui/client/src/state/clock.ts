// The server's time on this screen: timers count from the server's moments, whatever this terminal's own clock says.
// A demo's clock runs from another moment, and perhaps at another pace.

import { onUnmounted, ref, type Ref } from "vue";

let told = Date.now();
let toldAt = told;
let pace = 1;

export function setServerNow(iso: string): void {
  told = Date.parse(iso);
  toldAt = Date.now();
}

export function setPace(speed: number): void {
  pace = speed;
}

export function serverNow(): number {
  return told + (Date.now() - toldAt) * pace;
}

const ticking = ref(serverNow());
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
