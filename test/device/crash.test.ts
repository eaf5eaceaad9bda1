import { describe, expect, it } from "vitest";
import { watchTroubles } from "../../device/crash.ts";
import { createLoggerOn, type LoggerOptions } from "../../device/logger.ts";
import type { TroubleWatcher } from "../../device/platform.ts";
import { device, down, up } from "../support/device-bench.ts";
import { eventsOf, fakeAgent } from "../support/fake-agent.ts";
import { fakeClock } from "../support/fake-clock.ts";
import { fakeLink } from "../support/fake-link.ts";

/** A logger that a test tells of troubles as its host would. */
const createCrashBench = (options: Partial<LoggerOptions> = {}) => {
  const told: { watcher: TroubleWatcher | null } = { watcher: null };
  const clock = Object.assign(fakeClock(), {
    watch: (watcher: TroubleWatcher): void => {
      told.watcher = watcher;
    },
  });
  const link = fakeLink();
  const agent = fakeAgent();
  const host = {
    platform: clock,
    link,
    defaultBytes: 65_536,
    places: { sites: 64, texts: 16 },
    parts: { watchTroubles },
    rateLimit: { perSecond: 1, burst: 5 },
  };
  const log = createLoggerOn(host, { device, level: "error", ...options });
  link.connect();
  const events = () => {
    for (let taken = 0; taken < link.sent.length; taken++) {
      const message = link.sent[taken];
      if (message?.topic === up) link.deliver(down, agent.receive(message.payload));
    }
    return eventsOf(agent);
  };
  if (told.watcher === null) throw new Error("nobody watches the troubles");
  return { log, link, watcher: told.watcher, events };
};

describe("an uncaught exception", () => {
  it("becomes one fatal event with name, message and the stack's first lines, sent at once", () => {
    const { watcher, events } = createCrashBench({ captureErrors: true });
    const thrown = Object.assign(new TypeError("bad"), { stack: `    at f\n${"x".repeat(500)}` });

    watcher.onUncaught?.(thrown);

    const [event, ...others] = events();
    expect(event).toMatchObject({
      site: { level: "fatal", tag: "", format: "uncaught %s %s" },
      values: ["TypeError: bad", `    at f\n${"x".repeat(151)}`],
    });
    expect(others).toEqual([]);
  });

  it("is recorded whatever was thrown", () => {
    const { log, watcher, events } = createCrashBench({ captureErrors: true });
    const hostile = {
      get stack(): string {
        throw new Error("no stack");
      },
    };

    for (const thrown of ["text", null, undefined, 7, hostile]) watcher.onUncaught?.(thrown);
    log.flush();

    const shown = events().map(({ values }) => values[0]);
    expect(shown).toEqual(["text", null, null, 7, "[unreadable]"]);
  });

  it("is left alone unless the application asks", () => {
    expect(createCrashBench().watcher.onUncaught).toBeNull();
  });
});

describe("an engine's error flags", () => {
  it("are recorded as a warning with their names, whatever the level", () => {
    const { log, watcher, events } = createCrashBench();

    watcher.onFlags(["FIFO_FULL", "CALLBACK"]);
    log.flush();

    expect(events()).toMatchObject([
      { site: { level: "warn", tag: "fleetlog" }, values: ["FIFO_FULL, CALLBACK"] },
    ]);
  });

  it("are limited like any site", () => {
    const { log, watcher } = createCrashBench();

    for (let count = 0; count < 100; count++) watcher.onFlags(["FIFO_FULL"]);

    expect(log.stats().dropped.rate_limited).toBe(95);
  });

  it("cause no flush", () => {
    const { link, watcher } = createCrashBench();

    watcher.onFlags(["LOW_MEMORY"]);

    expect(link.sent.filter(({ topic }) => topic === up)).toEqual([]);
  });
});
