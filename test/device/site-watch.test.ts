import { describe, expect, it } from "vitest";
import type { LoggerOptions } from "../../device/logger.ts";
import type { LogEvent } from "../../shared/index.ts";
import { createDeviceBench, type DeviceBench } from "../support/device-bench.ts";
import { eventsOf } from "../support/fake-agent.ts";

const rateLimit = { perSecond: 2, burst: 10 };

const connectedBench = (options: Partial<LoggerOptions> = {}): DeviceBench => {
  const bench = createDeviceBench({ rateLimit, ...options });
  bench.link.connect();
  return bench;
};

/** All that has arrived, after a flush. */
const eventsAt = (bench: DeviceBench): LogEvent[] => {
  bench.log.flush();
  bench.exchange();
  return eventsOf(bench.agent);
};

const ownEvents = (bench: DeviceBench): LogEvent[] =>
  eventsAt(bench).filter(({ site }) => site.tag === "fleetlog");

const countOf = (bench: DeviceBench, format: string): number =>
  eventsAt(bench).filter(({ site }) => site.format === format).length;

describe("rate limit", () => {
  it("records a burst of a site and drops the rest of its loop, counted by level and reason", () => {
    const bench = connectedBench();

    for (let count = 0; count < 100; count++) bench.log.warn("loop %d", count);

    expect(countOf(bench, "loop %d")).toBe(10);
    expect(bench.log.stats()).toMatchObject({ dropped: { rate_limited: 90 }, pending: 0 });
    const drops = [...bench.agent.entries.values()].filter(({ kind }) => kind === "drop");
    expect(drops).toMatchObject([{ drop: { level: "warn", reason: "rate_limited", count: 90 } }]);
  });

  it("leaves other sites alone", () => {
    const bench = connectedBench();

    for (let count = 0; count < 100; count++) bench.log.info("loop %d", count);
    for (let count = 0; count < 10; count++) bench.log.info("other %d", count);

    expect(countOf(bench, "other %d")).toBe(10);
  });

  it("records the rate on average, however long the loop lasts", () => {
    const bench = connectedBench();

    for (let tenth = 0; tenth < 6_000; tenth++) {
      bench.log.info("loop %d", tenth);
      bench.clock.advance(100);
      if (tenth % 100 === 0) bench.exchange();
    }

    expect(countOf(bench, "loop %d")).toBe(600 * rateLimit.perSecond);
  });

  it("names the site in one warning at once, and in another no sooner than 10 s later", () => {
    const bench = connectedBench();
    const format = "a loop whose format has more than forty characters: %d";

    for (let tenth = 0; tenth < 300; tenth++) {
      bench.log.error(format, tenth);
      bench.clock.advance(100);
    }

    const told = ownEvents(bench);
    expect(told.map(({ uptimeMs }) => uptimeMs)).toEqual([1_000, 11_000, 21_000]);
    expect(told[0]).toMatchObject({
      site: { level: "warn", format: expect.stringContaining("rate limit") },
      values: [10, 5, 1, format.slice(0, 40)],
    });
  });

  it("limits errors and metrics, and never what is fatal", () => {
    const bench = connectedBench();

    for (let count = 0; count < 30; count++) {
      bench.log.error("error");
      bench.log.metric("metric", count);
      bench.log.fatal("fatal");
    }

    expect(["error", "metric", "fatal"].map((format) => countOf(bench, format))).toEqual([
      10, 10, 30,
    ]);
  });

  it("has one limit for all sites that have no place in the table", () => {
    const bench = connectedBench();
    const long = "x".repeat(1_100);

    for (let count = 0; count < 20; count++) bench.log.info(`${long}${count}`);

    expect(bench.log.stats().dropped).toEqual({ rate_limited: 10 });
  });

  it("counts each event once, where frames fill up", () => {
    const bench = connectedBench({ rateLimit: { perSecond: 1, burst: 500 } });

    for (let count = 0; count < 600; count++) {
      bench.log.info("loop %s", `some text that fills frames ${count * 7_919}`);
      bench.exchange();
    }

    expect(countOf(bench, "loop %s")).toBe(500);
  });

  it("can be switched off", () => {
    const bench = connectedBench({ rateLimit: false });

    for (let count = 0; count < 2_000; count++) bench.log.info("loop %d", count);

    expect(bench.log.stats().dropped).toEqual({});
  });

  it("causes no flush", () => {
    const bench = connectedBench();

    for (let count = 0; count < 100; count++) bench.log.info("loop");

    expect(bench.frames()).toEqual([]);
  });
});

describe("formats that never come again", () => {
  const logTexts = (bench: DeviceBench, from: number, many: number): void => {
    for (let count = from; count < from + many; count++) {
      bench.log.info(`temperature of the boiler in the cellar is ${count}`);
      bench.log.flush();
      bench.exchange();
    }
  };

  it("cause one warning a boot with the first 40 characters", () => {
    const bench = connectedBench();

    logTexts(bench, 0, 1_000);

    expect(ownEvents(bench)).toMatchObject([
      { site: { level: "warn" }, values: ["temperature of the boiler in the cellar "] },
    ]);
  });

  it("cause none where a program has a few hundred formats that come again", () => {
    const bench = connectedBench();

    for (let round = 0; round < 4; round++) logTexts(bench, 0, 240);

    expect(ownEvents(bench)).toEqual([]);
  });
});
