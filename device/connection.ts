import { toUtf8 } from "../shared/codec/text.ts";
import { createDeadline } from "./deadline.ts";
import type { Host } from "./platform.ts";
import type { Uplink } from "./uplink.ts";

/** Joins the uplink to the link: subscribes, tells the fleet `online` and `offline`, passes acks on. */
export interface Connection {
  /** Says `offline` and lets the link go; `onClosed` is called once that has had time to leave. */
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

/** How long the last message has to leave. */
const farewellMs = 200;

export const createConnection = (options: ConnectionOptions): Connection => {
  const link = options.host.link;
  const uplink = options.uplink;
  const topics = options.topics;

  const say = (state: string): void => link.publish(topics.state, toUtf8(state), true);
  const onConnect = (): void => {
    link.subscribe(topics.down);
    say("online");
    uplink.restart();
  };
  link.listen({
    onConnect,
    onDisconnect: uplink.pause,
    onDrain: uplink.pump,
    onMessage(topic, payload) {
      if (topic === topics.down) uplink.receive(payload);
    },
  });
  if (link.isConnected()) onConnect();
  return {
    close(onClosed) {
      const isConnected = link.isConnected();
      if (isConnected) say("offline");
      uplink.pause();
      link.release();
      createDeadline(options.host.platform, onClosed).within(isConnected ? farewellMs : 0);
    },
  };
};
