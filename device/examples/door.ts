import { type Program, type ProgramClock, type ProgramLog, repeat } from "./program.ts";

const people = ["mira", "joão", "anke", "王芳", "sam"];

const badgeOf = (clock: ProgramClock): Uint8Array => {
  const badge = new Uint8Array(4);
  for (let place = 0; place < badge.length; place++) badge[place] = clock.random() * 256;
  return badge;
};

const pass = (log: ProgramLog, clock: ProgramClock): void => {
  const badge = badgeOf(clock);
  const reader = log.tag("reader");
  reader.debug("badge %s at %d dBm", badge, -40 - Math.round(clock.random() * 30));
  if (clock.random() < 0.06) {
    reader.warn("badge %s is not known", badge);
    return;
  }
  log.info("open for %s", people[Math.floor(clock.random() * people.length)]);
  clock.after(400 + clock.random() * 900, () => {
    if (clock.random() < 0.01) log.error("door did not close, motor %d mA", 1_900);
    else log.info("closed after %d ms, locked %s", 700 + Math.round(clock.random() * 90), true);
  });
};

/** People seldom come alone: a bus arrives and forty want in within a second. */
const rush = (log: ProgramLog, clock: ProgramClock): void => {
  const count = 20 + Math.floor(clock.random() * 20);
  log.info("rush of %d", count);
  for (let person = 0; person < count; person++) {
    clock.after(clock.random() * 1_000, () => pass(log, clock));
  }
};

/** A door with a badge reader: single passages, a rush every few seconds, badges nobody knows. */
export const runDoor: Program = (log, clock) => {
  log.info("door ready, firmware %s", "2.4.1");
  repeat(clock, { leastMs: 200, mostMs: 600 }, () => pass(log, clock));
  repeat(clock, { leastMs: 3_000, mostMs: 6_000 }, () => rush(log, clock));
};
