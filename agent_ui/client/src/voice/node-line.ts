// The registration of this operator at one Asterisk node: kept through every loss of the network and of the node.

import JsSIP from "jssip";
import type { RTCSession } from "jssip/lib/RTCSession";

import type { Schemas } from "../api/client";

export type NodeAccount = Schemas["NodeLine"];

export interface LineListener {
  /** Registered or not any more. */
  changed(): void;
  /** A call came; it is to be answered at once, but for a colleague's (取次), which rings. */
  called(session: RTCSession, rings: boolean): void;
  /** The node does not know the account: it may have ended, or the node may not have been told of it yet. */
  refused(): void;
}

const RETRY_MS = [250, 500, 1000, 2000, 4000];
const REGISTERED_SECONDS = 120;
const LOOK_MS = 1000;
/** A connection that stays mute this long is given up for a new one; SIP itself would wait for 32 seconds. */
const MUTE_MS = 6000;

export class NodeLine {
  registered = false;
  private ua: JsSIP.UA;
  private closed = false;
  private failures = 0;
  private calls = 0;
  private heardAt = Date.now();
  private retry: ReturnType<typeof setTimeout> | undefined;
  private readonly watch = setInterval(() => this.look(), LOOK_MS);

  constructor(
    readonly account: NodeAccount,
    private readonly listener: LineListener,
  ) {
    this.ua = this.opened();
  }

  /** Say goodbye to the node: calls of this line end, and the node knows at once that nobody is here. */
  close(): void {
    clearTimeout(this.retry);
    clearInterval(this.watch);
    this.closed = true;
    this.registered = false;
    this.ua.stop();
  }

  private opened(): JsSIP.UA {
    const ua = new JsSIP.UA({
      sockets: [new JsSIP.WebSocketInterface(this.account.wss_url)],
      uri: `sip:${this.account.user}@${new URL(this.account.wss_url).hostname}`,
      password: this.account.secret,
      register_expires: REGISTERED_SECONDS,
      connection_recovery_min_interval: 1,
      connection_recovery_max_interval: 4,
      session_timers: false,
      user_agent: "tsunagaru",
    });
    const ours = (): boolean => !this.closed && ua === this.ua;
    ua.on("registered", () => ours() && this.is(true));
    ua.on("unregistered", () => ours() && this.is(false));
    ua.on("disconnected", () => ours() && this.is(false));
    ua.on("registrationFailed", () => ours() && this.failed());
    ua.on("newRTCSession", ({ session, request }: { session: RTCSession; request: { getHeader(name: string): string | undefined } }) => {
      if (!ours() || String(session.direction) !== "incoming") return;
      this.calls += 1;
      session.on("ended", () => (this.calls -= 1));
      session.on("failed", () => (this.calls -= 1));
      this.listener.called(session, request.getHeader("X-Tsunagaru") === "consult");
    });
    ua.start();
    return ua;
  }

  private is(registered: boolean): void {
    this.heardAt = Date.now();
    if (registered) this.failures = 0;
    if (this.registered === registered) return;
    this.registered = registered;
    this.listener.changed();
  }

  private failed(): void {
    this.is(false);
    const pause = RETRY_MS[Math.min(this.failures, RETRY_MS.length - 1)];
    this.failures += 1;
    clearTimeout(this.retry);
    this.retry = setTimeout(() => this.ua.isConnected() && this.ua.register(), pause);
    if (this.failures % RETRY_MS.length === 0) this.listener.refused();
  }

  private look(): void {
    // A call outlives its connection, and would not outlive this: its sound goes another way.
    if (this.registered || this.calls > 0) this.heardAt = Date.now();
    if (Date.now() - this.heardAt < MUTE_MS) return;
    this.heardAt = Date.now();
    clearTimeout(this.retry);
    const mute = this.ua;
    this.ua = this.opened();
    mute.stop();
  }
}
