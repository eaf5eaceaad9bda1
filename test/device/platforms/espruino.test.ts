import { afterEach, describe, expect, it, vi } from "vitest";
import { createEspruinoPlatform } from "../../../device/platforms/espruino.ts";
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

  it("does not run backwards, nor leap, when somebody sets the clock", () => {
    const board = startBoard({ seconds: 100 });
    const platform = createEspruinoPlatform(undefined);
    board.seconds += 5;
    platform.uptimeMs();

    for (const years of [50, -50, 10, -10]) {
      board.seconds += years * 31_557_600;
      platform.uptimeMs();
    }
    board.seconds += 2;

    expect(platform.uptimeMs()).toBe(7_000);
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
