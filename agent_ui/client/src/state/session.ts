import { computed, ref } from "vue";

import { api, type Schemas, useToken, whenSignedOut } from "../api/client";
import { setPace, setServerNow } from "./clock";
import { forgetAllDrafts } from "./drafts";
import { closeVoice } from "../voice/voice";
import { hangUpLive, openLive } from "./live";

type User = Schemas["UserView"];
type Session = Schemas["SessionView"];

export const user = ref<User | null>(null);
export const municipalities = ref<Session["municipalities"]>([]);
export const passwordRules = ref<string[]>([]);
export const known = ref(false);
export const signedIn = computed(() => user.value !== null);

export function may(right: string): boolean {
  return user.value?.rights.includes(right) ?? false;
}

function take(session: Session): void {
  useToken(session.csrf_token);
  setServerNow(session.now);
  setPace(session.clock_speed);
  passwordRules.value = session.password_rules;
  user.value = session.user ?? null;
  if (session.municipalities.length > 0) municipalities.value = session.municipalities;
  known.value = true;
  if (user.value) openLive();
  else {
    hangUpLive();
    closeVoice();
  }
}

export async function loadSession(): Promise<void> {
  take(await api.get<Session>("/session"));
}

export async function signIn(municipality: number | null, login: string, password: string): Promise<void> {
  take(await api.post<Session>("/session", { municipality_id: municipality, login, password }));
}

/** Who came to the door with the right password that has run out: kept in memory until a new one is set. */
export interface AtTheDoor {
  municipality: number | null;
  login: string;
  password: string;
}
export const expired = ref<AtTheDoor | null>(null);

export async function changePassword(who: AtTheDoor, newPassword: string): Promise<void> {
  const session = await api.post<Session>("/session/password", {
    municipality_id: who.municipality,
    login: who.login,
    password: who.password,
    new_password: newPassword,
  });
  expired.value = null;
  // Every session of before has ended, the live connection's too.
  hangUpLive();
  take(session);
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
