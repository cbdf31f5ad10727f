import { onBeforeUnmount, onMounted } from "vue";

/** Hear every key of the window for as long as this component is on the screen. */
export function hearKeys(heard: (event: KeyboardEvent) => void): void {
  onMounted(() => window.addEventListener("keydown", heard));
  onBeforeUnmount(() => window.removeEventListener("keydown", heard));
}
