import { createRouter, createWebHistory } from "vue-router";

import { known, loadSession, may, signedIn } from "./state/session";

export interface Place {
  name: string;
  path: string;
  label: string;
  right: string;
}

// The bar at the top, in the order of a working day; each is shown to those whose rights include it.
export const places: Place[] = [
  { name: "panel", path: "/panel", label: "操作パネル", right: "panel" },
  { name: "floor", path: "/floor", label: "フロア", right: "floor" },
  { name: "search", path: "/cases", label: "検索", right: "explain" },
  { name: "campaigns", path: "/campaigns", label: "キャンペーン", right: "campaigns" },
  { name: "reports", path: "/reports", label: "帳票", right: "reports" },
  { name: "imports", path: "/imports", label: "取込", right: "import" },
  { name: "recordings", path: "/recordings", label: "録音", right: "recordings" },
  { name: "listens", path: "/listens", label: "録音の聴取", right: "audit" },
];

export function home(): string {
  if (may("floor")) return "/floor";
  return places.find((place) => may(place.right))?.path ?? "/nothing";
}

export const router = createRouter({
  history: createWebHistory(),
  routes: [
    { path: "/", name: "home", component: () => import("./screens/NothingScreen.vue") },
    { path: "/sign-in", name: "sign-in", component: () => import("./screens/SignIn.vue"), meta: { open: true } },
    { path: "/password", name: "password", component: () => import("./screens/PasswordScreen.vue"), meta: { open: true } },
    { path: "/panel", name: "panel", component: () => import("./screens/panel/PanelScreen.vue") },
    { path: "/devices", name: "devices", component: () => import("./screens/devices/DevicesScreen.vue") },
    { path: "/floor", name: "floor", component: () => import("./screens/floor/FloorScreen.vue") },
    { path: "/cases", name: "search", component: () => import("./screens/SearchScreen.vue") },
    { path: "/cases/:addressee", name: "person", component: () => import("./screens/PersonScreen.vue"), props: true },
    { path: "/campaigns", name: "campaigns", component: () => import("./screens/CampaignsScreen.vue") },
    { path: "/reports", name: "reports", component: () => import("./screens/ReportsScreen.vue") },
    { path: "/imports", name: "imports", component: () => import("./screens/ImportsScreen.vue") },
    { path: "/recordings", name: "recordings", component: () => import("./screens/recordings/RecordingsScreen.vue") },
    { path: "/listens", name: "listens", component: () => import("./screens/recordings/RecordingsScreen.vue") },
    { path: "/:rest(.*)*", name: "nothing", component: () => import("./screens/NothingScreen.vue") },
  ],
});

router.beforeEach(async (to) => {
  if (!known.value) await loadSession().catch(() => undefined);
  if (!signedIn.value && !to.meta["open"]) {
    return { name: "sign-in", query: to.name === "home" ? {} : { to: to.fullPath } };
  }
  if (signedIn.value && (to.name === "sign-in" || to.name === "home")) return home();
  return true;
});

const titles: Record<string, string> = Object.fromEntries(places.map((place) => [place.name, place.label]));
router.afterEach((to) => {
  const place = titles[String(to.name)] ?? ({ person: "個人", devices: "音声の設定", password: "パスワードの変更" }[String(to.name)] ?? "");
  document.title = place ? `${place} - つながる` : "つながる";
});
