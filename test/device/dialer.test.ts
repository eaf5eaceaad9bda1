import { describe, expect, it } from "vitest";
import { createDialer } from "../../device/dialer.ts";
import { fakeClock } from "../support/fake-clock.ts";

const createDialerBench = () => {
  const clock = fakeClock();
  const dialledAtMs: number[] = [];
  const dial = (): number => dialledAtMs.push(clock.uptimeMs());
  return { clock, dialledAtMs, dialer: createDialer({ platform: clock, seed: 77, dial }) };
};

describe("dialer", () => {
  it("dials within the first second, never at once", () => {
    const { clock, dialledAtMs, dialer } = createDialerBench();

    dialer.dialSoon();
    expect(dialledAtMs).toEqual([]);
    clock.advance(1_000);

    expect(dialledAtMs).toHaveLength(1);
  });

  it("tries again when an attempt stays without an answer", () => {
    const { clock, dialledAtMs, dialer } = createDialerBench();
    dialer.dialSoon();

    clock.advance(3_600_000);

    expect(dialledAtMs.length).toBeGreaterThan(8);
    const pausesMs = dialledAtMs.slice(1).map((atMs, index) => atMs - (dialledAtMs[index] ?? 0));
    expect(Math.min(...pausesMs)).toBeGreaterThanOrEqual(15_000);
    expect(Math.max(...pausesMs)).toBeLessThanOrEqual(315_000);
  });

  it("rests while the connection stands", () => {
    const { clock, dialledAtMs, dialer } = createDialerBench();
    dialer.dialSoon();
    clock.advance(1_000);

    dialer.rest();
    clock.advance(3_600_000);

    expect(dialledAtMs).toHaveLength(1);
    expect(clock.timers()).toBe(0);
  });

  it("takes a connection that nobody answers on for one more failure", () => {
    const pausesMs = (isAnswered: boolean): number => {
      const { clock, dialledAtMs, dialer } = createDialerBench();
      for (let failure = 0; failure < 12; failure++) {
        const count = dialledAtMs.length;
        dialer.dialSoon();
        while (dialledAtMs.length === count) clock.advance(100);
        dialer.rest();
        if (isAnswered) dialer.answered();
      }
      return clock.uptimeMs();
    };

    expect(pausesMs(true)).toBeLessThan(13_000);
    expect(pausesMs(false)).toBeGreaterThan(60_000);
  });
});
