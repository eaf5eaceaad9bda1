import type { HeldFrame } from "../../device/held-frame.ts";
import { createOutbox, type Outbox } from "../../device/outbox.ts";
import { createSetup, type Setup, type SetupOptions } from "../../device/setup.ts";
import { createBodyWriter } from "../../shared/codec/body-writer.ts";
import { createTable, kindOf } from "../../shared/codec/table.ts";
import type { Level, LogEvent } from "../../shared/index.ts";
import { type FakeClock, fakeClock } from "./fake-clock.ts";
import { type FakeLink, fakeLink } from "./fake-link.ts";

/** What the parts of a logger are given, with time and link in a test's hand. */
export interface DeviceParts {
  clock: FakeClock;
  link: FakeLink;
  setup: Setup;
  outbox: Outbox;
}

export const createDeviceParts = (options: Partial<SetupOptions> = {}): DeviceParts => {
  const clock = fakeClock();
  const link = fakeLink();
  const host = { platform: clock, link, defaultBytes: 65_536, places: { sites: 16, texts: 4 } };
  const setup = createSetup(host, { device: "pump-7", ...options });
  return { clock, link, setup, outbox: createOutbox(setup.limitBytes, setup.tally, setup.table) };
};

export const eventOf = (level: Level, format: string, uptimeMs = 0): LogEvent => ({
  kind: "event",
  uptimeMs,
  site: { level, tag: "", format },
  values: [],
});

/** A frame of one event whose body has about `bytes` bytes. */
export const frameOf = (first: number, level: Level, bytes: number): HeldFrame => {
  const writer = createBodyWriter(createTable({ sites: 0, texts: 0 }, undefined));
  writer.event(kindOf(level, undefined), "", "x".repeat(bytes), [], 0, 100_000);
  return {
    first,
    uptimeMs: first,
    body: writer.seal(),
    events: 1,
    hasErrors: level === "error" || level === "fatal",
    drops: [{ level, reason: "outbox_full", count: 1 }],
    sends: 0,
    sentAtMs: 0,
  };
};
