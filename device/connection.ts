import { toUtf8 } from "../shared/codec/text.ts";
import { createDeadline } from "./deadline.ts";
import type { Host } from "./platform.ts";
import type { Uplink } from "./uplink.ts";

/** Joins the uplink to the link: subscribes, tells the fleet `online` and `offline`, passes acks on. */
export interface Connection {
  /** Begins to use the link, at once where it is connected. */
  open(): void;
  /** Says `offline` and lets the link go; `onClosed` is called once that left, or cannot leave. */
  close(onClosed: () => void): void;
}

export interface Topics {
  up: string;
  down: string;
  state: string;
}

export interface ConnectionOptions {
  host: Host;
  uplink: Uplink;
  topics: Topics;
}

/** How long the last message may take to leave. */
const farewellMs = 1_000;

export const createConnection = (options: ConnectionOptions): Connection => {
  const link = options.host.link;
  const uplink = options.uplink;
  const topics = options.topics;

  const say = (state: string, onTaken?: () => void): void => {
    const payload = toUtf8(state);
    link.publish({ topic: topics.state, payload, isRetained: true }, onTaken);
  };
  const start = (): void => {
    link.subscribe(topics.down);
    say("online");
    uplink.restart();
  };
  return {
    open() {
      link.listen({
        onConnect: start,
        onDisconnect: () => uplink.pause(),
        onDrain: () => uplink.pump(),
        onMessage(topic, payload) {
          if (topic === topics.down) uplink.receive(payload);
        },
      });
      if (link.isConnected()) start();
    },
    close(onClosed) {
      let isClosed = false;
      const finish = (): void => {
        if (isClosed) return;
        isClosed = true;
        deadline.cancel();
        uplink.pause();
        link.release();
        onClosed();
      };
      const deadline = createDeadline(options.host.platform, finish);
      deadline.within(link.isConnected() ? farewellMs : 0);
      if (link.isConnected()) say("offline", finish);
    },
  };
};
