import fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { TroubleWatcher } from "../../../device/platform.ts";
import { createEspruinoPlatform, resetReason } from "../../../device/platforms/espruino.ts";
import { fakeClock } from "../../support/fake-clock.ts";
import { fakeEspruino } from "../../support/fake-espruino.ts";

/** A board that has just started. */
const startBoard = (options: Parameters<typeof fakeEspruino>[0] = {}) => {
  const board = fakeEspruino(options);
  for (const [name, value] of Object.entries(board.globals)) {
    if (name !== "process") vi.stubGlobal(name, value);
  }
  vi.stubGlobal("process", Object.assign(Object.create(process), board.globals.process));
  return board;
};

const yearS = 31_557_600;

/** A board whose timers go on whatever its clock is set to, as the engine's do. */
const startTimedBoard = () => {
  const board = startBoard({ seconds: 1_000 });
  const timers = fakeClock();
  const steps: number[] = [];
  vi.stubGlobal("setTimeout", (callback: () => void, delayMs: number) =>
    timers.after(delayMs, callback),
  );
  vi.stubGlobal("clearTimeout", (timer: unknown) => timers.cancel(timer));
  const platform = createEspruinoPlatform(undefined);
  platform.onStep = (steppedMs) => steps.push(steppedMs);
  /** Lets time pass, a millisecond at a time, as the clock shows it. */
  const pass = (ms: number): void => {
    for (let count = 0; count < ms; count++) {
      board.seconds += 0.001;
      timers.advance(1);
    }
  };
  const set = (aheadS: number): void => {
    board.seconds += aheadS;
  };
  return { platform, steps, pass, set, board };
};

describe("espruino uptime", () => {
  afterEach(() => vi.unstubAllGlobals());

  it.each([10 * yearS, -10 * yearS, 3_600, -3_600, 60, -60, -1])(
    "is exact again once a timer is due, where the clock was set by %d s",
    (aheadS) => {
      const { platform, steps, pass, set } = startTimedBoard();
      platform.after(5_000, () => {});
      pass(2_000);
      platform.uptimeMs();

      set(aheadS);
      pass(1_000);
      const between = platform.uptimeMs();
      pass(3_000);

      expect(between).toBeGreaterThanOrEqual(1_999);
      expect(between).toBeLessThanOrEqual(3_000);
      expect(Math.abs(platform.uptimeMs() - 6_000)).toBeLessThanOrEqual(1);
      expect(steps).toHaveLength(1);
      expect(Math.abs((steps[0] as number) - aheadS * 1_000)).toBeLessThanOrEqual(1);
    },
  );

  it("never decreases, and is never more than 10 s beyond the timer, whatever the clock is set to", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 3_000 }), fc.integer({ max: 1e9, min: -1e9 }))),
        (sets) => {
          const { platform, pass, set } = startTimedBoard();
          let last = 0;
          let trueMs = 0;
          const again = (): void => void platform.after(1_000, again);
          again();
          for (const [ms, aheadS] of sets) {
            pass(ms);
            trueMs += ms;
            set(aheadS);
            const now = platform.uptimeMs();
            expect(now).toBeGreaterThanOrEqual(last);
            last = now;
          }
          pass(1_001);
          const steps = sets.filter(([, aheadS]) => aheadS !== 0).length;
          expect(platform.uptimeMs()).toBeLessThanOrEqual(trueMs + 1_002 + steps * 11_000);
        },
      ),
      { numRuns: 50 },
    );
  });

  it("neither runs back nor leaps by a day where no timer runs, and tells the step with the next", () => {
    const { platform, steps, pass, set } = startTimedBoard();
    pass(5_000);
    platform.uptimeMs();

    set(-10 * yearS);
    platform.uptimeMs();
    set(20 * yearS);
    pass(2_000);
    platform.uptimeMs();
    pass(1_000);

    expect(Math.abs(platform.uptimeMs() - 6_000)).toBeLessThanOrEqual(1);
    platform.after(1_000, () => {});
    pass(1_001);
    expect(steps).toHaveLength(1);
    expect(Math.abs((steps[0] as number) - 10 * yearS * 1_000)).toBeLessThanOrEqual(2_001);
  });

  it("counts what a busy program passes, though its timers are late", () => {
    const { platform, steps, board, pass } = startTimedBoard();
    platform.after(1_000, () => {});

    board.seconds += 8;
    const between = platform.uptimeMs();
    pass(1_000);

    expect(between).toBe(8_000);
    expect(Math.abs(platform.uptimeMs() - 9_000)).toBeLessThanOrEqual(1);
    expect(steps).toEqual([]);
  });

  it("is compared with the timer that is due first", () => {
    const { platform, steps, pass, set } = startTimedBoard();
    platform.after(60_000, () => {});
    platform.after(1_000, () => {});

    set(3_600);
    pass(1_001);

    expect(Math.abs(platform.uptimeMs() - 1_001)).toBeLessThanOrEqual(1);
    expect(steps).toEqual([3_600_000]);
  });

  it("goes on where the timer was cancelled", () => {
    const { platform, steps, pass, set } = startTimedBoard();
    const timer = platform.after(5_000, () => {});
    pass(1_000);
    set(-3_600);
    platform.uptimeMs();
    platform.cancel(timer);

    platform.after(1_000, () => {});
    pass(1_001);

    expect(platform.uptimeMs()).toBeGreaterThanOrEqual(1_000);
    expect(steps).toHaveLength(1);
  });
});

describe("espruino platform", () => {
  afterEach(() => vi.unstubAllGlobals());

  it("counts uptime in whole milliseconds from its start", () => {
    const board = startBoard({ seconds: 1_000_000_000.25 });
    const platform = createEspruinoPlatform(undefined);

    board.seconds += 1.2345;

    expect(platform.uptimeMs()).toBe(1_234);
  });

  it("adds up fractions, so that many short steps lose nothing", () => {
    const board = startBoard();
    const platform = createEspruinoPlatform(undefined);

    for (let step = 0; step < 1_000; step++) {
      board.seconds += 0.0014;
      platform.uptimeMs();
    }

    expect(platform.uptimeMs()).toBeGreaterThanOrEqual(1_399);
  });

  it("names two starts of one board differently by its noise, though its chance repeats", () => {
    const nonces = [3.301, 3.302, 3.299].map((vref) => {
      const board = startBoard();
      board.vref = vref;
      return createEspruinoPlatform(undefined).entropy();
    });

    expect(new Set(nonces).size).toBe(3);
  });

  it("names two boards differently by their serial", () => {
    const nonces = ["a", "b"].map((serial) => {
      startBoard({ serial });
      return createEspruinoPlatform(undefined).entropy();
    });

    expect(nonces[0]).not.toBe(nonces[1]);
  });

  it("takes noise of the application's as well", () => {
    startBoard();

    const nonces = [0.1, 0.2].map((noise) => createEspruinoPlatform(() => noise).entropy());

    expect(nonces[0]).not.toBe(nonces[1]);
  });
});

describe("espruino troubles", () => {
  afterEach(() => vi.unstubAllGlobals());

  const startWatchedBoard = (watcher: Partial<TroubleWatcher>) => {
    const board = startBoard();
    vi.stubGlobal("process", Object.assign(Object.create(process), board.globals.process));
    const platform = createEspruinoPlatform(undefined);
    platform.watch?.({ onUncaught: null, onFlags: () => {}, ...watcher });
    return { board, platform };
  };

  it("tells an uncaught exception, and throws it again so that the engine reports it", () => {
    const told: unknown[] = [];
    const { board } = startWatchedBoard({ onUncaught: (thrown) => told.push(thrown) });
    const thrown = new TypeError("bad");

    expect(() => board.raise("uncaughtException", thrown)).toThrow(thrown);
    expect(told).toEqual([thrown]);
  });

  it("leaves exceptions to the engine where nobody asks for them", () => {
    const { board } = startWatchedBoard({});

    expect(board.raise("uncaughtException", new Error("bad"))).toBe(false);
  });

  it("tells the names of error flags", () => {
    const told: unknown[] = [];
    const { board } = startWatchedBoard({
      onFlags: (names) => told.push(names),
    });

    board.raise("errorFlag", ["FIFO_FULL"]);

    expect(told).toEqual([["FIFO_FULL"]]);
  });

  it("tells of each saving and resumption of its program, and not of a mere start", () => {
    const { board, platform } = startWatchedBoard({});
    const told: string[] = [];
    platform.watchSave?.(
      () => told.push("save"),
      () => told.push("resume"),
    );

    board.raise("init");
    board.raise("kill");
    board.raise("init");
    board.raise("init");

    expect(told).toEqual(["save", "resume"]);
  });

  it("knows how many bytes its free variables hold", () => {
    const { board, platform } = startWatchedBoard({});

    board.free = 100;

    expect(platform.freeBytes?.(true)).toBe(1_200);
  });

  it("knows the reason of a reset on the chip that tells it", () => {
    expect(resetReason()).toBeUndefined();

    vi.stubGlobal("ESP8266", { getResetInfo: () => ({ reason: "Exception" }) });

    expect(resetReason()).toBe("Exception");
  });
});
