import { onBeforeUnmount, onMounted } from "vue";

/** The next key of the window does nothing if it is Enter; any other key, or the mouse, ends the waiting. */
export function swallowEnter(): void {
  const over = (): void => {
    window.removeEventListener("keydown", heard, true);
    window.removeEventListener("mousedown", over, true);
  };
  const heard = (event: KeyboardEvent): void => {
    over();
    if (event.key !== "Enter" || event.ctrlKey || event.isComposing) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  };
  window.addEventListener("keydown", heard, true);
  window.addEventListener("mousedown", over, true);
}

/** Hear every key of the window for as long as this component is on the screen. */
export function hearKeys(heard: (event: KeyboardEvent) => void): void {
  onMounted(() => window.addEventListener("keydown", heard));
  onBeforeUnmount(() => window.removeEventListener("keydown", heard));
}
