import type { Time } from "../../time.ts";

export interface OtherAgentsOptions {
  /** Names the agent's store. */
  storeId: number;
  /** First levels of the topics that the agents share. */
  prefix: string;
  time: Time;
  /** Tells all agents on the broker, this one included. */
  announce(payload: string): void;
  onTrouble(message: string): void;
}

/**
 * Notices agents that listen to the same devices and store elsewhere: each would ack and deliver
 * all that is logged, and devices would go back and forth between two stores.
 */
export interface OtherAgents {
  /** The connection stands. */
  announce(): void;
  /** What an agent announced, this one included; any bytes whatever. */
  heard(payload: Uint8Array): void;
  stop(): void;
}

/** An announcement may be lost, and goes again after so long. */
const pauseMs = 60_000;

export const createOtherAgents = (options: OtherAgentsOptions): OtherAgents => {
  const { prefix, time, onTrouble } = options;
  const own = options.storeId.toString(16).padStart(8, "0");
  /** When one was answered last: two agents that answer each other would never end. */
  let answeredMs = Number.NEGATIVE_INFINITY;
  let cancel = (): void => {};

  const announce = (): void => {
    cancel();
    options.announce(own);
    cancel = time.after(pauseMs, announce);
  };
  return {
    announce,
    heard(payload) {
      if (payload.length !== own.length) return;
      const other = Buffer.from(payload).toString("latin1");
      if (other === own || !/^[0-9a-f]{8}$/.test(other)) return;
      onTrouble(
        `Another agent, with store ${other} where ours is ${own}, listens to the devices below "${prefix}": what they log is delivered twice, stop one or set another "mqtt.prefix"`,
      );
      if (time.monotonicMs() - answeredMs < pauseMs) return;
      answeredMs = time.monotonicMs();
      announce();
    },
    stop: () => cancel(),
  };
};
