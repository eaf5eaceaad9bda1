import type { Link, LinkListener } from "../../device/platform.ts";

export interface SentMessage {
  topic: string;
  payload: Uint8Array;
  isRetained: boolean;
}

/** A link without a network: a test sees what is sent, and says what happens. */
export interface FakeLink extends Link {
  /** What was published, oldest first. */
  sent: SentMessage[];
  /** Topics subscribed to on this connection. */
  subscriptions: string[];
  connect(): void;
  disconnect(): void;
  /** A message arrives, if its topic is subscribed to. */
  deliver(topic: string, payload: Uint8Array): void;
  /** From now on the transport takes nothing. */
  clog(): void;
  /** The transport takes messages again. */
  drain(): void;
}

export const fakeLink = (): FakeLink => {
  let listener: LinkListener | null = null;
  let isConnected = false;
  let isClogged = false;

  const link: FakeLink = {
    sent: [],
    subscriptions: [],
    listen(given) {
      listener = given;
    },
    isConnected: () => isConnected,
    isReady: () => isConnected && !isClogged,
    subscribe(topic) {
      if (isConnected) link.subscriptions.push(topic);
    },
    publish(topic, payload, isRetained) {
      if (isConnected) link.sent.push({ topic, payload, isRetained });
    },
    release() {
      listener = null;
    },
    connect() {
      isConnected = true;
      isClogged = false;
      listener?.onConnect();
    },
    disconnect() {
      isConnected = false;
      link.subscriptions = [];
      listener?.onDisconnect();
    },
    deliver(topic, payload) {
      if (isConnected && link.subscriptions.includes(topic)) listener?.onMessage(topic, payload);
    },
    clog() {
      isClogged = true;
    },
    drain() {
      isClogged = false;
      listener?.onDrain();
    },
  };
  return link;
};
