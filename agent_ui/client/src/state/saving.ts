// Saving a result form: one at a time, what is wrong shown by the field, the draft kept until it is in.

import { nextTick, type Ref, ref, watch } from "vue";

import { serverNow } from "./clock";
import { forgetDraft } from "./drafts";
import { type Draft, save, typedAt } from "./form";
import { today } from "./words";

export function useSaving(form: Ref<{ focusOnProblem(): void } | undefined>, draft: Draft) {
  const problems = ref<Record<string, string>>({});
  const message = ref("");
  const busy = ref(false);
  /** What stood in each refused field, by the problem's name. */
  let refused: Record<string, string | null> = {};

  /** Save the draft kept as `key` at `path`; false, with the hands on the first problem, if it is not in. */
  async function savedAt(path: string, key: string): Promise<boolean> {
    busy.value = true;
    const answer = await save(path, draft, today(serverNow()));
    busy.value = false;
    refused = Object.fromEntries(Object.keys(answer.problems).map((field) => [field, typedAt(draft, field)]));
    problems.value = answer.problems;
    message.value = answer.message;
    if (answer.saved) forgetDraft(key);
    else void nextTick(() => form.value?.focusOnProblem());
    return answer.saved;
  }

  // A field is red until something else stands in it; whether that is right is said at the next saving.
  watch(
    draft,
    () => {
      const all = Object.entries(problems.value);
      const left = all.filter(([field]) => refused[field] === null || refused[field] === typedAt(draft, field));
      if (left.length === all.length) return;
      problems.value = Object.fromEntries(left);
      if (left.length === 0) message.value = "";
    },
    { deep: true },
  );

  return { problems, message, busy, savedAt };
}
