// One live connection to the server. With every connection the screens read everything anew: what happened before it, also
// while a page was loading, was told to nobody here.

import { io, type Socket } from "socket.io-client";
import { ref } from "vue";

import type { Schemas } from "../api/client";

export interface Events {
  desk: Schemas["PanelState"];
  floor: Schemas["FloorView"];
  stops: Schemas["StopView"][];
}

export const connected = ref(false);
export const stops = ref<Schemas["StopView"][]>([]);

let socket: Socket | null = null;
const handlers: { [Name in keyof Events]: Set<(payload: Events[Name]) => void> } = {
  desk: new Set(),
  floor: new Set(),
  stops: new Set(),
};
const begun = new Set<() => void>();

export function openLive(): void {
  if (socket) return;
  socket = io({ path: "/live", transports: ["websocket"], reconnectionDelay: 300, reconnectionDelayMax: 3000 });
  socket.on("connect", () => {
    connected.value = true;
    begun.forEach((handler) => handler());
  });
  socket.on("disconnect", () => (connected.value = false));
  socket.on("desk", (payload: Events["desk"]) => handlers.desk.forEach((handler) => handler(payload)));
  socket.on("floor", (payload: Events["floor"]) => handlers.floor.forEach((handler) => handler(payload)));
  socket.on("stops", (payload: Events["stops"]) => {
    stops.value = payload;
    handlers.stops.forEach((handler) => handler(payload));
  });
}

export function hangUpLive(): void {
  socket?.disconnect();
  socket = null;
  connected.value = false;
}

export function listen<Name extends keyof Events>(name: Name, handler: (payload: Events[Name]) => void): () => void {
  handlers[name].add(handler);
  return () => handlers[name].delete(handler);
}

export function onConnection(handler: () => void): () => void {
  begun.add(handler);
  return () => begun.delete(handler);
}
