import { allParts } from "../../device/all-parts.ts";
import { createLoggerOn, type Logger, type LoggerOptions } from "../../device/logger.ts";
import { defaultPrefix, topicOf } from "../../shared/index.ts";
import { type FakeAgent, fakeAgent } from "./fake-agent.ts";
import { type FakeClock, fakeClock } from "./fake-clock.ts";
import { type FakeLink, fakeLink } from "./fake-link.ts";

/** A logger between a clock, a link and an agent that a test moves by hand. */
export interface DeviceBench {
  log: Logger;
  clock: FakeClock;
  link: FakeLink;
  agent: FakeAgent;
  /** Frames published so far and not yet taken by `exchange`. */
  frames(): Uint8Array[];
  /** Hands every frame to the agent and every ack to the device, until both are quiet. */
  exchange(): void;
  /** Hands bytes to the device as a message of the agent. */
  answer(payload: Uint8Array): void;
}

export const device = "pump-7";
export const up: string = topicOf(defaultPrefix, device, "up");
export const down: string = topicOf(defaultPrefix, device, "down");
export const state: string = topicOf(defaultPrefix, device, "state");

export interface BenchOptions extends Partial<LoggerOptions> {
  /** As the host tells it. */
  resetReason?: string;
}

export const createDeviceBench = (options: BenchOptions = {}): DeviceBench => {
  const clock = fakeClock();
  const link = fakeLink();
  const agent = fakeAgent();
  let taken = 0;

  const places = { sites: 250, texts: 64 };
  const { resetReason } = options;
  const known = resetReason === undefined ? {} : { resetReason };
  const host = { platform: clock, link, defaultBytes: 65_536, places, parts: allParts, ...known };
  const log = createLoggerOn(host, { device, level: "debug", ...options });
  const frames = (): Uint8Array[] =>
    link.sent
      .slice(taken)
      .filter((message) => message.topic === up)
      .map((message) => message.payload);
  return {
    log,
    clock,
    link,
    agent,
    frames,
    answer: (payload) => link.deliver(down, payload),
    exchange() {
      for (let waiting = frames(); waiting.length > 0; waiting = frames()) {
        taken = link.sent.length;
        for (const frame of waiting) link.deliver(down, agent.receive(frame));
      }
    },
  };
};
