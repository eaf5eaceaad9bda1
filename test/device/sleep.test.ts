import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { HeldFrame } from "../../device/held-frame.ts";
import type { Journal } from "../../device/journal/journal.ts";
import { createLoggerOn, type Logger, type LoggerOptions } from "../../device/logger.ts";
import { createStockLink } from "../../device/platforms/stock-link.ts";
import type { StockLinkOptions } from "../../device/platforms/stock-state.ts";
import { createDeviceBench, down, up } from "../support/device-bench.ts";
import { droppedOf, eventsOf, type FakeAgent, fakeAgent } from "../support/fake-agent.ts";
import { type FakeClock, fakeClock } from "../support/fake-clock.ts";
import {
  byteString,
  type FakeStockMqtt,
  fakeEspruino,
  fakeStockMqtt,
} from "../support/fake-espruino.ts";

/** A whole device on the stock module, with a broker and an agent that answer at once. */
interface Board {
  clock: FakeClock;
  mqtt: FakeStockMqtt;
  agent: FakeAgent;
  log: Logger;
  /** The broker accepts whatever is dialled, and the agent answers, until both are quiet. */
  answer(): void;
}

const startBoard = (
  more: Partial<StockLinkOptions & LoggerOptions> = {},
  start: { clock?: FakeClock; agent?: FakeAgent; journal?: Journal } = {},
): Board => {
  const clock = start.clock ?? fakeClock();
  const mqtt = fakeStockMqtt();
  const agent = start.agent ?? fakeAgent();
  const link = createStockLink(clock, { mqtt, ...more }, 9);
  const journal = start.journal ?? null;
  const places = { sites: 16, texts: 4 };
  const host = { platform: clock, link, defaultBytes: 2_048, places, parts: {}, journal };
  const log = createLoggerOn(host, { device: "pump-7", level: "debug", ...more });
  let dials = 0;
  const answer = (): void => {
    if (mqtt.dials > dials && !mqtt.connected) mqtt.accept();
    dials = mqtt.dials;
    for (let taken = 0; taken < mqtt.published.length; taken++) {
      const message = mqtt.published[taken];
      mqtt.drain();
      if (message?.topic !== up) continue;
      const ack = agent.receive(new Uint8Array(Buffer.from(message.payload, "latin1")));
      mqtt.say(down, byteString(ack));
    }
    mqtt.published.length = 0;
  };
  return { clock, mqtt, agent, log, answer };
};

/** Flash that counts its boots, and takes whatever is to be kept. */
const countingJournal = (nonce: number) => {
  const stored: HeldFrame[] = [];
  let number = 0;
  const start = (): Journal => {
    const boot = { nonce, number: ++number };
    return {
      boot,
      heldFrom: () => boot.number,
      earlier: () => null,
      reserve: () => true,
      store: (frame) => stored.push(frame),
      read: () => null,
      free: () => {},
      rest: () => {},
      compact: () => {},
      stats: () => ({
        writtenBytes: 0,
        erases: 0,
        refused: { flash_full: 0, flash_budget: 0, low_battery: 0 },
      }),
    };
  };
  return { stored, start };
};

describe("sleep", () => {
  beforeEach(() => vi.stubGlobal("E", fakeEspruino().globals.E));
  afterEach(() => vi.unstubAllGlobals());

  it("seals and sends what is open, waits for its ack, and calls back once", () => {
    const bench = createDeviceBench();
    bench.link.connect();
    bench.log.info("before sleep");
    let calls = 0;

    bench.log.sleep(() => calls++);
    const callsBeforeAck = calls;
    bench.exchange();
    bench.clock.advance(0);
    bench.clock.advance(60_000);

    expect([callsBeforeAck, calls]).toEqual([0, 1]);
    expect(eventsOf(bench.agent).map((event) => event.site.format)).toEqual(["before sleep"]);
  });

  it("calls back after 5 s without an ack, or after the limit that was given", () => {
    const calledAtMs = (limitMs?: number): number => {
      const bench = createDeviceBench();
      bench.link.connect();
      bench.log.info("unheard");
      let atMs = -1;
      bench.log.sleep(() => {
        atMs = bench.clock.uptimeMs();
      }, limitMs);
      bench.clock.advance(60_000);
      return atMs;
    };

    expect([calledAtMs(), calledAtMs(1_200), calledAtMs(0)]).toEqual([5_000, 1_200, 0]);
  });

  it("never calls back synchronously, even with nothing to send", () => {
    const bench = createDeviceBench();
    bench.link.connect();
    let calls = 0;

    bench.log.sleep(() => calls++);
    const synchronous = calls;
    bench.clock.advance(0);

    expect([synchronous, calls]).toEqual([0, 1]);
  });

  it("waits for what is logged meanwhile", () => {
    const bench = createDeviceBench();
    bench.link.connect();
    bench.log.info("first");
    let calls = 0;

    bench.log.sleep(() => calls++);
    bench.log.info("second");
    bench.exchange();
    bench.clock.advance(0);

    expect(calls).toBe(1);
    expect(bench.log.stats()).toMatchObject({ logged: 2, acked: 2, pending: 0 });
  });

  it("calls each of several callbacks once, each by its own limit", () => {
    const bench = createDeviceBench();
    bench.link.connect();
    bench.log.info("unheard");
    const calls: string[] = [];

    bench.log.sleep(() => calls.push("late"), 9_000);
    bench.log.sleep(() => calls.push("soon"), 1_000);
    bench.clock.advance(1_000);
    expect(calls).toEqual(["soon"]);
    bench.clock.advance(60_000);

    expect(calls).toEqual(["soon", "late"]);
  });

  it("leaves no timer behind, with or without an ack", () => {
    const bench = createDeviceBench();
    bench.link.connect();
    bench.log.info("unheard");

    bench.log.sleep(() => {});
    bench.clock.advance(5_000);

    expect(bench.clock.timers()).toBe(0);
  });

  it("sends again with the first call after it, though that is refused and counts wait already", () => {
    const bench = createDeviceBench({ outboxBytes: 1_024 });
    bench.link.connect();
    for (let count = 0; count < 60; count++) bench.log.error(`unheard ${count}`);
    // The counts of each night take some of the room that is left, until there is none.
    for (let night = 0; night < 20; night++) {
      bench.log.debug("refused");
      bench.log.info("refused");
      bench.log.sleep(() => {});
      bench.clock.advance(10_000);
    }
    const timersAsleep = bench.clock.timers();
    const sentAsleep = bench.frames().length;

    bench.log.debug("refused");
    const sentAwake = bench.frames().length;
    bench.exchange();
    bench.clock.advance(5_000);
    bench.exchange();

    const { logged, acked, pending, dropped } = bench.log.stats();
    expect([timersAsleep, sentAwake > sentAsleep, pending]).toEqual([0, true, 0]);
    expect(dropped).toEqual({ ring_full: logged - acked });
    expect(droppedOf(bench.agent)).toEqual(dropped);
  });

  it("sends again with the first call after it, though what was logged meanwhile is open yet", () => {
    const bench = createDeviceBench({ windowFrames: 1 });
    bench.link.connect();
    bench.log.info("unheard");
    bench.log.sleep(() => {}, 6_000);
    bench.log.info("logged meanwhile");
    bench.clock.advance(60_000);
    const sentAsleep = bench.frames().length;
    const timersAsleep = bench.clock.timers();

    bench.log.info("after");
    const sentAwake = bench.frames().length;

    expect([timersAsleep, sentAwake > sentAsleep]).toEqual([0, true]);
  });

  it("leaves it at the usual wait after it where nothing was left", () => {
    const bench = createDeviceBench();
    bench.link.connect();
    bench.log.info("before");
    bench.log.sleep(() => {});
    bench.exchange();
    bench.clock.advance(60_000);

    bench.log.info("after");
    const sentAtOnce = bench.frames().length;
    bench.clock.advance(5_000);

    expect([sentAtOnce, bench.frames().length]).toEqual([0, 1]);
  });

  it("keeps in flash what has no ack by then, and nothing else", () => {
    const journal = countingJournal(0x5eed);
    const { clock, log, answer } = startBoard({}, { journal: journal.start() });
    log.info("acked");
    clock.advance(1_000);
    log.sleep(() => {});
    answer();
    clock.advance(0);
    const storedWithAck = journal.stored.length;

    log.info("unheard");
    log.sleep(() => {}, 100);
    clock.advance(100);

    expect([storedWithAck, journal.stored.length, clock.timers()]).toEqual([0, 1, 0]);
  });

  it("begins another boot of the same flash with each wake that has lost its RAM", () => {
    const journal = countingJournal(0x5eed);
    const clock = fakeClock();
    const boots = new Set<string>();
    const wakes = 5_000;
    let asleep = 0;

    for (let wake = 0; wake < wakes; wake++) {
      const agent = fakeAgent();
      const board = startBoard({}, { clock, agent, journal: journal.start() });
      board.log.info("wake %d", wake);
      clock.advance(1_000);
      board.answer();
      board.log.sleep(() => asleep++);
      board.answer();
      clock.advance(0);
      boots.add(board.log.stats().boot);
      clock.advance(60_000);
    }

    expect([boots.size, asleep, journal.stored.length]).toEqual([wakes, wakes, 0]);
    expect([...boots].every((boot) => boot.endsWith("-00005eed"))).toBe(true);
    expect(clock.timers()).toBe(0);
  });

  it("goes on where RAM was kept, and sends again what had no ack", () => {
    const { clock, log, agent, answer } = startBoard();
    log.info("unheard");
    clock.advance(1_000);
    log.sleep(() => {});
    clock.advance(5_000);
    clock.advance(3_600_000);

    log.info("after");
    clock.advance(5_000);
    answer();
    log.sleep(() => {});
    answer();

    expect(eventsOf(agent).map(({ uptimeMs, site }) => [site.format, uptimeMs])).toEqual([
      ["unheard", 0],
      ["after", 3_606_000],
    ]);
  });

  it("sleeps at once where the link cannot be used before its limit", () => {
    const { clock, log, mqtt } = startBoard();
    for (let attempt = 0; attempt < 10; attempt++) clock.advance(60_000);
    mqtt.lose();
    log.info("waits");
    const fromMs = clock.uptimeMs();
    let sleptAfterMs = -1;

    log.sleep(() => {
      sleptAfterMs = clock.uptimeMs() - fromMs;
    }, 500);
    clock.advance(60_000);

    expect(sleptAfterMs).toBe(0);
  });

  it("runs no timer of the whole device while its outbox is empty", () => {
    const { clock, log, mqtt, answer } = startBoard();
    clock.advance(1_000);
    answer();
    const timers: number[] = [clock.timers()];

    for (const level of ["info", "error", "warn"] as const) {
      log[level]("at %d", clock.uptimeMs());
      clock.advance(5_000);
      answer();
      timers.push(clock.timers());
    }

    expect(log.stats()).toMatchObject({ logged: 3, acked: 3 });
    expect(mqtt.connected).toBe(true);
    expect(timers).toEqual([0, 0, 0, 0]);
  });

  it("lets frames wait for the radio's next turn, and errors for nothing", () => {
    const { clock, log, mqtt, agent, answer } = startBoard({ radioPauseMs: 600_000 });
    const heardAtMs: number[] = [];
    const live = (forMs: number): void => {
      for (let passed = 0; passed < forMs; passed += 1_000) {
        const heard = agent.cursor();
        answer();
        if (agent.cursor() > heard) heardAtMs.push(clock.uptimeMs());
        clock.advance(1_000);
      }
    };

    log.info("first");
    live(10_000);
    const timersBetween = clock.timers();
    const connectedBetween = mqtt.connected;
    log.info("waits");
    live(300_000);
    log.error("urgent");
    live(1_000_000);

    expect([timersBetween, connectedBetween]).toEqual([0, false]);
    expect(heardAtMs).toEqual([5_000, 311_000]);
    expect(log.stats()).toMatchObject({ logged: 3, acked: 3 });
  });

  it("flushes for errors at most once in 2 s, whatever the radio's pause", () => {
    const { clock, log, mqtt, answer } = startBoard({ radioPauseMs: 600_000 });
    clock.advance(1_000);
    answer();
    let uses = mqtt.dials;

    for (let count = 0; count < 40; count++) {
      log.error("again %d", count);
      clock.advance(100);
      answer();
    }
    uses = mqtt.dials - uses;

    expect(uses).toBeLessThanOrEqual(3);
    expect(log.stats().acked).toBeGreaterThanOrEqual(20);
  });

  it("counts uptime through 500,000 wakes in one life, with memory and timers as at the start", () => {
    const { clock, mqtt, log, agent, answer } = startBoard();
    const wakeMs = 60_000;
    const wakes = 500_000;
    const sizes = new Set<number>();
    let asleep = 0;
    let stampErrors = 0;
    clock.advance(1_000);
    answer();

    for (let wake = 1; wake <= wakes; wake++) {
      clock.advance(wake * wakeMs - clock.uptimeMs());
      if (wake % 10 === 0) log.info("wake %d", wake);
      log.sleep(() => asleep++);
      clock.advance(0);
      answer();
      clock.advance(0);
      if (wake % 1_000 !== 0) continue;
      for (const { uptimeMs, values } of eventsOf(agent)) {
        if (uptimeMs !== Number(values[0]) * wakeMs) stampErrors++;
      }
      agent.entries.clear();
      sizes.add(log.stats().bytes + clock.timers() + mqtt.listeners());
    }

    expect([asleep, stampErrors, sizes.size]).toEqual([wakes, 0, 1]);
    expect(log.stats()).toMatchObject({ logged: wakes / 10, acked: wakes / 10, pending: 0 });
  }, 60_000);
});
