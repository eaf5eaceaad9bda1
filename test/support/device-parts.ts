import type { Framer } from "../../device/framer.ts";
import type { HeldFrame } from "../../device/held-frame.ts";
import { createOutbox, type Outbox } from "../../device/outbox.ts";
import { createSetup, type Setup, type SetupOptions } from "../../device/setup.ts";
import { createBodyWriter } from "../../shared/codec/body-writer.ts";
import { createTable, kindOf } from "../../shared/codec/table.ts";
import type { Level } from "../../shared/index.ts";
import { type FakeClock, fakeClock } from "./fake-clock.ts";
import { type FakeFlash, fakeJournal } from "./fake-journal.ts";
import { type FakeLink, fakeLink } from "./fake-link.ts";

export interface PartsOptions extends Partial<SetupOptions> {
  flash?: FakeFlash;
}

/** What the parts of a logger are given, with time and link in a test's hand. */
export interface DeviceParts {
  clock: FakeClock;
  link: FakeLink;
  setup: Setup;
  outbox: Outbox;
}

export const createDeviceParts = (options: PartsOptions = {}): DeviceParts => {
  const clock = fakeClock();
  const link = fakeLink();
  const journal = options.flash ? fakeJournal(options.flash, clock.uptimeMs) : null;
  const places = { sites: 16, texts: 4 };
  const host = { platform: clock, link, defaultBytes: 65_536, places, journal, parts: {} };
  const setup = createSetup(host, { device: "pump-7", ...options });
  return { clock, link, setup, outbox: createOutbox(setup) };
};

/** Adds an event without values; answers whether it has a seq. */
export const addEvent = (
  { framer, setup }: { framer: Framer; setup: Setup },
  level: Level,
  format: string,
  uptimeMs = 0,
): boolean => {
  const refused = (): number =>
    (setup.tally.dropped.ring_full ?? 0) + (setup.tally.dropped.too_large ?? 0);
  const before = refused();
  framer.add(kindOf(level, undefined), "", [format], uptimeMs);
  return refused() === before;
};

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
    stored: null,
  };
};
