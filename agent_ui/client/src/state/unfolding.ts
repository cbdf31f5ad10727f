import { nextTick, onBeforeUnmount, onMounted, ref, type Ref, watch } from "vue";

import { sentenceOf } from "../api/client";
import { desk } from "./desk";

/** A button of the call's head with a list below it, asked for each time it unfolds and chosen from by number. */
export interface Unfolding<Row> {
  open: Ref<boolean>;
  listed: Ref<Row[]>;
  /** Instead of the list: why there is none. */
  told: Ref<string>;
  toggle(): Promise<void>;
  close(): void;
  /** The row whose number this key is; Alt and Ctrl mean something else. */
  numbered(event: KeyboardEvent): Row | undefined;
}

/** `root` holds button and list. `none` is said where `load` finds nothing; `opening` is told before it is asked. */
export function useUnfolding<Row>(root: Ref<HTMLElement | undefined>, button: Ref<HTMLElement | undefined>, load: () => Promise<Row[]>, none: string, opening: () => void = () => undefined): Unfolding<Row> {
  const open = ref(false);
  const listed = ref([]) as Ref<Row[]>;
  const told = ref("");

  async function toggle(): Promise<void> {
    if (open.value) return close();
    told.value = "";
    opening();
    try {
      listed.value = await load();
      if (listed.value.length === 0) told.value = none;
    } catch (error) {
      listed.value = [];
      told.value = sentenceOf(error);
    }
    open.value = true;
    await nextTick();
    root.value?.querySelector<HTMLElement>("ul button:not(:disabled)")?.focus();
  }

  function close(): void {
    open.value = false;
    button.value?.focus();
  }

  useFolding(open, close);

  function numbered(event: KeyboardEvent): Row | undefined {
    return event.altKey || event.ctrlKey ? undefined : listed.value[Number(event.key) - 1];
  }

  return { open, listed, told, toggle, close, numbered };
}

/** What is unfolded never stands in the way: Esc folds it wherever the hands are, and so does a call that comes or ends. */
export function useFolding(open: Ref<boolean>, fold: () => void): void {
  function onKey(event: KeyboardEvent): void {
    if (event.key !== "Escape" || !open.value || event.isComposing) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    fold();
  }
  onMounted(() => window.addEventListener("keydown", onKey, true));
  onBeforeUnmount(() => window.removeEventListener("keydown", onKey, true));
  watch(
    () => [desk.value?.call?.attempt_id, desk.value?.seat.state],
    () => (open.value = false),
  );
}

/** Whether the hands have gone to another field, so that a list chosen from by digits must not stay above it. */
export function leaves(event: FocusEvent): boolean {
  const [root, next] = [event.currentTarget, event.relatedTarget];
  return next instanceof Node && root instanceof Node && !root.contains(next);
}
