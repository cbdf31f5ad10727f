import { computed, ref } from "vue";

import { api, type Schemas, useToken, whenSignedOut } from "../api/client";
import { setServerNow } from "./clock";
import { forgetAllDrafts } from "./drafts";
import { hangUpLive, openLive } from "./live";

type User = Schemas["UserView"];
type Session = Schemas["SessionView"];

export const user = ref<User | null>(null);
export const municipalities = ref<Session["municipalities"]>([]);
export const known = ref(false);
export const signedIn = computed(() => user.value !== null);

export function may(right: string): boolean {
  return user.value?.rights.includes(right) ?? false;
}

function take(session: Session): void {
  useToken(session.csrf_token);
  setServerNow(session.now);
  user.value = session.user ?? null;
  if (session.municipalities.length > 0) municipalities.value = session.municipalities;
  known.value = true;
  if (user.value) openLive();
  else hangUpLive();
}

export async function loadSession(): Promise<void> {
  take(await api.get<Session>("/session"));
}

export async function signIn(municipality: number | null, login: string, password: string): Promise<void> {
  take(await api.post<Session>("/session", { municipality_id: municipality, login, password }));
}

export async function signOut(): Promise<void> {
  take(await api.remove<Session>("/session"));
  forgetAllDrafts();
}

// A session that ended elsewhere: the drafts stay, and the sign-in screen comes.
whenSignedOut(() => {
  if (user.value === null) return;
  user.value = null;
  hangUpLive();
  void loadSession();
});
