// Saving a result form: one at a time, what is wrong shown by the field, the draft kept until it is in.

import { nextTick, type Ref, ref } from "vue";

import { serverNow } from "./clock";
import { forgetDraft } from "./drafts";
import { type Draft, save } from "./form";
import { today } from "./words";

export function useSaving(form: Ref<{ focusOnProblem(): void } | undefined>) {
  const problems = ref<Record<string, string>>({});
  const message = ref("");
  const busy = ref(false);

  /** Save the draft kept as `key` at `path`; false, with the hands on the first problem, if it is not in. */
  async function savedAt(path: string, draft: Draft, key: string): Promise<boolean> {
    busy.value = true;
    const answer = await save(path, draft, today(serverNow()));
    busy.value = false;
    problems.value = answer.problems;
    message.value = answer.message;
    if (answer.saved) forgetDraft(key);
    else void nextTick(() => form.value?.focusOnProblem());
    return answer.saved;
  }

  return { problems, message, busy, savedAt };
}
