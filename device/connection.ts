import { toUtf8 } from "../shared/codec/text.ts";
import { callWithin, createDeadline } from "./deadline.ts";
import type { Setup } from "./setup.ts";
import type { Uplink } from "./uplink.ts";

/** Joins the uplink to the link: subscribes, tells the fleet `online` and `offline`, passes acks on. */
export interface Connection {
  /** Says `offline` and lets the link go; `onClosed` is called once that has had time to leave. */
  close(onClosed: () => void): void;
}

/** How long the last message has to leave. */
const farewellMs = 200;

export const createConnection = (setup: Setup, uplink: Uplink): Connection => {
  const link = setup.link;
  const down = setup.topic("down");

  const say = (state: string): void => link.publish(setup.topic("state"), toUtf8(state), true);
  const onConnect = (): void => {
    link.subscribe(down);
    say("online");
    uplink.restart();
  };
  const onLeave = (): void => {
    if (link.isConnected()) say("offline");
    uplink.pause();
  };
  link.listen({
    onConnect,
    onLeave,
    onDisconnect: uplink.pause,
    onDrain: uplink.pump,
    onMessage(topic, payload) {
      if (topic === down) uplink.receive(payload);
    },
  });
  if (link.isConnected()) onConnect();
  return {
    close(onClosed) {
      const isConnected = link.isConnected();
      onLeave();
      link.release();
      callWithin(createDeadline(setup.platform, onClosed), isConnected ? farewellMs : 0);
    },
  };
};
