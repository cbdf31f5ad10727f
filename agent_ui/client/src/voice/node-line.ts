// The registration of this operator at one Asterisk node: kept through every loss of the network and of the node.

import JsSIP from "jssip";
import type { RTCSession } from "jssip/lib/RTCSession";

import type { Schemas } from "../api/client";

export type NodeAccount = Schemas["NodeLine"];

export interface LineListener {
  /** Registered or not any more. */
  changed(): void;
  /** A call came; it is to be answered at once. */
  called(session: RTCSession): void;
  /** The node does not know the account: it may have ended, or the node may not have been told of it yet. */
  refused(): void;
}

const RETRY_MS = [250, 500, 1000, 2000, 4000];
const REGISTERED_SECONDS = 120;

export class NodeLine {
  registered = false;
  private ua: JsSIP.UA;
  private closed = false;
  private failures = 0;
  private retry: ReturnType<typeof setTimeout> | undefined;

  constructor(
    readonly account: NodeAccount,
    private readonly listener: LineListener,
  ) {
    const host = new URL(account.wss_url).hostname;
    this.ua = new JsSIP.UA({
      sockets: [new JsSIP.WebSocketInterface(account.wss_url)],
      uri: `sip:${account.user}@${host}`,
      password: account.secret,
      register_expires: REGISTERED_SECONDS,
      connection_recovery_min_interval: 1,
      connection_recovery_max_interval: 4,
      session_timers: false,
      user_agent: "tsunagaru",
    });
    this.ua.on("registered", () => this.is(true));
    this.ua.on("unregistered", () => this.is(false));
    this.ua.on("disconnected", () => this.is(false));
    this.ua.on("registrationFailed", () => this.failed());
    this.ua.on("newRTCSession", ({ session }: { session: RTCSession }) => {
      if (!this.closed && String(session.direction) === "incoming") this.listener.called(session);
    });
    this.ua.start();
  }

  /** Say goodbye to the node: calls of this line end, and the node knows at once that nobody is here. */
  close(): void {
    clearTimeout(this.retry);
    this.closed = true;
    this.registered = false;
    this.ua.stop();
  }

  private is(registered: boolean): void {
    if (registered) this.failures = 0;
    if (this.closed || this.registered === registered) return;
    this.registered = registered;
    this.listener.changed();
  }

  private failed(): void {
    this.is(false);
    if (this.closed) return;
    const pause = RETRY_MS[Math.min(this.failures, RETRY_MS.length - 1)];
    this.failures += 1;
    clearTimeout(this.retry);
    this.retry = setTimeout(() => this.ua.isConnected() && this.ua.register(), pause);
    if (this.failures % RETRY_MS.length === 0) this.listener.refused();
  }
}
