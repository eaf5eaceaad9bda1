import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { createContext, runInContext } from "node:vm";
import { beforeAll, describe, expect, it } from "vitest";
import type { Logger } from "../../device/logger.ts";
import { setTakesText } from "../support/espruino.ts";
import { eventsOf, type FakeAgent, fakeAgent } from "../support/fake-agent.ts";
import { fakeClock } from "../support/fake-clock.ts";
import { byteString, fakeEspruino, fakeStockMqtt } from "../support/fake-espruino.ts";

const path = fileURLToPath(new URL("../../dist/device/fleetlog.min.js", import.meta.url));
const limitBytes = 27_136;
const topic = "fleetlog/1/51/pump-7";

/** The bundle as `require` would have it on a board, between a clock, a stock client and an agent. */
const startBundle = (text: string, options: object = {}) => {
  const clock = fakeClock();
  const board = fakeEspruino();
  const mqtt = fakeStockMqtt();
  const agent: FakeAgent = fakeAgent();
  const exports: { createLogger?: (options: object) => Logger } = {};
  const timers = {
    setTimeout: (callback: () => void, delayMs: number) => clock.after(delayMs, callback),
    clearTimeout: (timer: number) => clock.cancel(timer),
    getTime: () => clock.uptimeMs() / 1_000,
  };
  const context = createContext({ exports, ...board.globals, ...timers });
  runInContext(setTakesText, context);
  runInContext(text, context);
  if (exports.createLogger === undefined) throw new Error("the bundle exports no createLogger");
  const log = exports.createLogger({ device: "pump-7", mqtt, level: "debug", ...options });
  /** Passes frames and acks until both ends are quiet. */
  const exchange = (): void => {
    for (let taken = 0; taken < mqtt.published.length; taken++) {
      const message = mqtt.published[taken];
      mqtt.drain();
      if (message?.topic !== `${topic}/up`) continue;
      const ack = agent.receive(new Uint8Array(Buffer.from(message.payload, "latin1")));
      mqtt.say(`${topic}/down`, byteString(ack));
    }
    mqtt.published.length = 0;
  };
  return { clock, mqtt, agent, exports, log, exchange };
};

describe("bundle", () => {
  let text: string;

  beforeAll(async () => {
    text = await readFile(path, "utf8");
  });

  it("is plain ASCII and stays within its budget", () => {
    expect(text).toMatch(/^[\x20-\x7e\n]*$/);
    expect(text.length).toBeLessThanOrEqual(limitBytes);
  });

  it("has none of the syntax that slips through the build", () => {
    expect(text).not.toMatch(/\.\.\.|\?\.|\?\?=|\*\*|\basync\b|\byield\b|\bclass\b/);
    expect(text.replace(/^var /, "")).not.toMatch(/\bvar\b|\breturn\n/);
    expect(text).not.toMatch(/__defProp|__extends|module\.exports/);
  });

  it("assigns its one export itself", () => {
    expect(Object.keys(startBundle(text).exports)).toEqual(["createLogger"]);
  });

  it("has one logger: a second call answers the first", () => {
    const { exports, log, mqtt } = startBundle(text);

    expect(exports.createLogger?.({ device: "pump-8", mqtt })).toBe(log);
  });

  it("delivers events of every kind of value", () => {
    const { clock, mqtt, agent, log, exchange } = startBundle(text);
    clock.advance(1_000);
    mqtt.accept();

    log.info("temp %d of %s", 21, "inlet");
    log.tag("wifi").debug("rssi %d", -71.25);
    log.error("failed", { a: [1] }, null, true, new Uint8Array([1, 255]), new Error("bad"));
    exchange();

    expect(mqtt.subscribed).toEqual([`${topic}/down`]);
    expect(eventsOf(agent).map((event) => [event.site.format, event.values])).toMatchObject([
      ["temp %d of %s", [21, "inlet"]],
      ["rssi %d", [-71.25]],
      ["failed", [{ json: '{"a":[1]}' }, null, true, {}, "Error: bad"]],
    ]);
    expect(log.stats()).toMatchObject({ logged: 3, acked: 3, pending: 0, dropped: {} });
  });

  it("keeps within 2 kB through an outage, and accounts for all", () => {
    const parts = startBundle(text, { rateLimit: false });
    const { clock, mqtt, agent, log, exchange } = parts;

    for (let count = 0; count < 1_000; count++) {
      log.info("event %d", count);
      expect(log.stats().bytes).toBeLessThanOrEqual(2_048);
    }
    clock.advance(1_000);
    mqtt.accept();
    exchange();
    log.flush();
    exchange();
    const stats = log.stats();

    expect(stats).toMatchObject({ logged: 1_000, pending: 0, bytes: 0 });
    expect(eventsOf(agent)).toHaveLength(stats.acked);
    expect(stats.acked + (stats.dropped.ring_full ?? 0)).toBe(1_000);
  });

  it("does what commands say", () => {
    const { clock, mqtt, agent, log, exchange } = startBundle(text);
    clock.advance(1_000);
    mqtt.accept();
    agent.command = { id: 7, kind: 0, remainingMs: 2_000, value: 4, tag: "wifi" };

    log.tag("wifi").error("hello");
    exchange();
    const during = log.tag("wifi").level;
    clock.advance(2_000);
    log.flush();
    exchange();

    expect([during, log.tag("wifi").level]).toEqual(["error", null]);
    expect(eventsOf(agent).map((event) => [event.site.level, event.values])).toEqual([
      ["error", []],
      ["error", [7, "level error of wifi for 2000 ms"]],
      ["info", [7, "over, level as programmed of wifi"]],
    ]);
  });

  it("connects again by itself", () => {
    const { clock, mqtt } = startBundle(text);
    clock.advance(1_000);
    mqtt.accept();

    mqtt.lose();
    clock.advance(2_000);

    expect(mqtt.dials).toBe(2);
  });

  it("closes in good order", async () => {
    const { clock, mqtt, agent, log, exchange } = startBundle(text);
    clock.advance(1_000);
    mqtt.accept();
    log.info("last words");

    const closed = log.close();
    exchange();
    clock.advance(200);

    expect(await closed).toBe(true);
    expect([...agent.entries.values()].map((entry) => entry.kind)).toEqual(["event", "end"]);
  });
});
