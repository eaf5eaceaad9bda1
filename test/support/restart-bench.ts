import { allParts } from "../../device/all-parts.ts";
import type { Journal } from "../../device/journal/journal.ts";
import { createLoggerOn, type Logger, type LoggerOptions } from "../../device/logger.ts";
import { device, down, up } from "./device-bench.ts";
import { type FakeAgents, fakeAgents } from "./fake-agent.ts";
import { type FakeClock, fakeClock } from "./fake-clock.ts";
import { type FakeFlash, fakeFlash, fakeJournal } from "./fake-journal.ts";
import { type FakeLink, fakeLink } from "./fake-link.ts";

/** A device whose RAM is lost whenever a test says so, and whose flash is not. */
export interface RestartBench {
  log: Logger;
  clock: FakeClock;
  link: FakeLink;
  journal: Journal;
  flash: FakeFlash;
  agents: FakeAgents;
  /** Power fails and comes back. */
  restart(): void;
  /** Frames that were published since the last call. */
  frames(): Uint8Array[];
  answer(payload: Uint8Array): void;
  /** Hands every frame to the agent and every ack to the device, until both are quiet. */
  exchange(): void;
}

export const createRestartBench = (
  options: Partial<LoggerOptions> = {},
  flash: FakeFlash = fakeFlash(),
  openJournal: (clock: FakeClock) => Journal = (clock) => fakeJournal(flash, clock.uptimeMs),
): RestartBench => {
  let taken = 0;
  const bench = {
    flash,
    agents: fakeAgents(),
    restart() {
      taken = 0;
      bench.clock = fakeClock();
      bench.link = fakeLink();
      bench.journal = openJournal(bench.clock);
      const places = { sites: 40, texts: 8 };
      const { clock: platform, link, journal } = bench;
      const host = { platform, link, journal, defaultBytes: 65_536, places, parts: allParts };
      bench.log = createLoggerOn(host, { device, level: "debug", ...options });
    },
    frames() {
      const waiting = bench.link.sent.slice(taken);
      taken = bench.link.sent.length;
      return waiting.filter(({ topic }) => topic === up).map(({ payload }) => payload);
    },
    answer: (payload: Uint8Array) => bench.link.deliver(down, payload),
    exchange() {
      for (let waiting = bench.frames(); waiting.length > 0; waiting = bench.frames()) {
        for (const frame of waiting) bench.answer(bench.agents.receive(frame));
      }
    },
  } as unknown as RestartBench;
  bench.restart();
  return bench;
};
