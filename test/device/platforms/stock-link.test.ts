import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createStockLink } from "../../../device/platforms/stock-link.ts";
import type { StockLinkOptions } from "../../../device/platforms/stock-state.ts";
import { fakeClock } from "../../support/fake-clock.ts";
import { fakeEspruino, fakeStockMqtt } from "../../support/fake-espruino.ts";

const createStockBench = (more: Partial<StockLinkOptions> = {}) => {
  const clock = fakeClock();
  const mqtt = fakeStockMqtt();
  const told: string[] = [];
  const link = createStockLink(clock, { mqtt, ...more }, 9);
  link.listen({
    onConnect: () => told.push("connect"),
    onDisconnect: () => told.push("disconnect"),
    onDrain: () => told.push("drain"),
    onMessage: (topic, payload) => told.push(`${topic} ${payload.join(" ")}`),
    onLeave: () => told.push("leave"),
  });
  const frame = (): void => link.publish("a/up", new Uint8Array(1), false);
  /** Moves time until `connect` was called once more; answers how long that took. */
  const untilDialed = (): number => {
    const fromMs = clock.uptimeMs();
    for (const dials = mqtt.dials; mqtt.dials === dials; ) clock.advance(50);
    return clock.uptimeMs() - fromMs;
  };
  return { clock, mqtt, told, link, frame, untilDialed };
};

describe("stock link", () => {
  beforeEach(() => vi.stubGlobal("E", fakeEspruino().globals.E));
  afterEach(() => vi.unstubAllGlobals());

  it("connects by itself, and again after each loss", () => {
    const { clock, mqtt } = createStockBench();

    clock.advance(1_000);
    mqtt.accept();
    mqtt.lose();
    clock.advance(2_000);

    expect(mqtt.dials).toBe(2);
  });

  it("leaves connecting to the application where it is told to", () => {
    const { clock, mqtt, told } = createStockBench({ reconnect: false });

    clock.advance(600_000);
    mqtt.accept();
    mqtt.lose();
    clock.advance(600_000);

    expect(mqtt.dials).toBe(0);
    expect(told).toEqual(["connect", "disconnect"]);
  });

  it("sends strings of bytes, never a typed array", () => {
    const { mqtt, link } = createStockBench();
    mqtt.accept();

    link.publish("a/up", new Uint8Array([0, 65, 128, 255]), true);

    expect(mqtt.published).toEqual([
      { topic: "a/up", payload: "\0A\x80\xff", options: { qos: 0, retain: true } },
    ]);
  });

  it("receives strings of bytes as bytes", () => {
    const { mqtt, told } = createStockBench();
    mqtt.accept();

    mqtt.say("a/down", "\0A\x80\xff");

    expect(told).toEqual(["connect", "a/down 0 65 128 255"]);
  });

  it("is ready for one message at a time, and tells when it is again", () => {
    const { mqtt, link, told } = createStockBench();
    mqtt.accept();

    link.publish("a/up", new Uint8Array(1), false);
    expect(link.isReady()).toBe(false);
    mqtt.drain();

    expect(link.isReady()).toBe(true);
    expect(told).toEqual(["connect", "drain"]);
  });

  it("believes after 2 s that a socket which tells nothing has drained", () => {
    const { clock, mqtt, link, told } = createStockBench();
    mqtt.accept();
    link.publish("a/up", new Uint8Array(1), false);

    clock.advance(2_000);

    expect(link.isReady()).toBe(true);
    expect(told).toEqual(["connect", "drain"]);
  });

  it("takes the module for disconnected where it has lost its socket without telling", () => {
    const { mqtt, link } = createStockBench();
    mqtt.accept();

    mqtt.client = false;

    expect([link.isConnected(), link.isReady()]).toEqual([false, false]);
  });

  it("bears a socket that is gone", () => {
    const { mqtt, link } = createStockBench();
    mqtt.accept();
    mqtt.breakSocket();

    expect(() => link.publish("a/up", new Uint8Array(1), false)).not.toThrow();
  });

  it("sends nothing where the engine has no memory in one piece for the string", () => {
    const { mqtt, link } = createStockBench();
    mqtt.accept();
    vi.stubGlobal("E", { ...fakeEspruino().globals.E, toString: () => undefined });

    link.publish("a/up", new Uint8Array(1), false);

    expect(mqtt.published).toEqual([]);
    expect(link.isReady()).toBe(true);
  });

  it("neither tells nor connects once it was released", () => {
    const { clock, mqtt, link, told } = createStockBench();
    mqtt.accept();

    link.release();
    mqtt.lose();
    clock.advance(600_000);

    expect(told).toEqual(["connect"]);
    expect(mqtt.dials).toBe(0);
    expect(clock.timers()).toBe(0);
  });

  it("tries again where an attempt stays without an answer", () => {
    const { mqtt, untilDialed } = createStockBench();
    untilDialed();

    const pausesMs = Array.from({ length: 20 }, untilDialed);

    expect(Math.min(...pausesMs)).toBeGreaterThanOrEqual(15_000);
    expect(Math.max(...pausesMs)).toBeLessThanOrEqual(315_050);
    expect(mqtt.dials).toBe(21);
  });

  it("waits longer after each refused login, for the module calls it a connection", () => {
    const pausesMs = (isAnswered: boolean): number => {
      const { clock, mqtt, untilDialed } = createStockBench();
      for (let attempt = 0; attempt < 12; attempt++) {
        untilDialed();
        mqtt.accept();
        if (isAnswered) mqtt.say("a/down", "\0");
        mqtt.lose();
      }
      return clock.uptimeMs();
    };

    expect(pausesMs(true)).toBeLessThan(13_000);
    expect(pausesMs(false)).toBeGreaterThan(60_000);
  });

  it("drops a connection on which a frame got no message in 60 s, and dials again", () => {
    const { clock, mqtt, told, frame } = createStockBench();
    mqtt.accept();
    frame();
    mqtt.drain();

    clock.advance(59_999);
    expect(mqtt.connected).toBe(true);
    clock.advance(1_001);

    expect(mqtt.dials).toBe(1);
    expect(told.filter((each) => each !== "drain")[1]).toBe("disconnect");
  });

  it("waits longer after each such connection", () => {
    const { clock, mqtt, frame, untilDialed } = createStockBench();
    for (let attempt = 0; attempt < 12; attempt++) {
      untilDialed();
      mqtt.accept();
      frame();
      clock.advance(60_000);
    }

    expect(clock.uptimeMs()).toBeGreaterThan(12 * 60_000 + 60_000);
  });

  it("is content with any message, and asks for none where no frame is under way", () => {
    const { clock, mqtt, link, frame } = createStockBench();
    mqtt.accept();
    link.publish("a/state", new Uint8Array(1), true);
    clock.advance(600_000);
    frame();
    clock.advance(59_000);
    mqtt.say("a/down", "\0");

    clock.advance(600_000);

    expect(mqtt.connected).toBe(true);
    expect(clock.timers()).toBe(0);
  });

  it("tells an application that connects by itself of a silent broker, through the module", () => {
    const { clock, mqtt, told, frame } = createStockBench({ reconnect: false });
    let toldApplication = 0;
    mqtt.on("disconnected", () => toldApplication++);
    mqtt.accept();
    frame();

    clock.advance(60_000);

    expect([mqtt.connected, toldApplication, mqtt.dials]).toEqual([false, 1, 0]);
    expect(told).toContain("disconnect");
    expect(clock.timers()).toBe(0);
  });

  it("sends no more into a socket that used to drain and does not, and drops it after 60 s", () => {
    const { clock, mqtt, link } = createStockBench();
    mqtt.accept();
    link.publish("a/state", new Uint8Array(1), true);
    mqtt.drain();
    link.publish("a/state", new Uint8Array(1), true);

    clock.advance(59_999);
    expect([link.isReady(), mqtt.connected]).toEqual([false, true]);
    clock.advance(1);

    expect(mqtt.connected).toBe(false);
  });

  it("lets nothing of the old socket reach the connection after it", () => {
    const { clock, mqtt, frame } = createStockBench();
    mqtt.accept();
    const socket = mqtt.client as unknown as { listenerCount(name: string): number };
    mqtt.partData = "half a packet";
    mqtt.ctimo = clock.after(70_000, () => mqtt.lose());
    frame();

    clock.advance(62_000);
    mqtt.accept();
    clock.advance(20_000);

    expect(socket.listenerCount("drain")).toBe(0);
    expect(mqtt.partData).toBe("");
    expect(mqtt.connected).toBe(true);
  });

  it("takes a loss that is told twice for one", () => {
    const once = createStockBench();
    const twice = createStockBench();
    for (const { mqtt } of [once, twice]) mqtt.accept();

    once.mqtt.lose();
    twice.mqtt.lose();
    twice.mqtt.lose();

    expect(twice.untilDialed()).toBe(once.untilDialed());
  });

  it("connects in the application's way where it gives one", () => {
    let connects = 0;
    const { mqtt, clock } = createStockBench({ connect: () => connects++ });

    clock.advance(1_000);

    expect([connects, mqtt.dials]).toEqual([1, 0]);
  });

  it("bears what the application throws", () => {
    const fail = (): never => {
      throw new Error("no");
    };
    const { mqtt, clock } = createStockBench({ connect: fail, isOnline: fail });

    clock.advance(60_000);
    mqtt.accept();

    expect(mqtt.connected).toBe(true);
  });

  it("neither dials nor sends while the application has no network", () => {
    let isOnline = false;
    const { clock, mqtt, link, untilDialed } = createStockBench({ isOnline: () => isOnline });
    clock.advance(3_600_000);
    expect(mqtt.dials).toBe(0);
    isOnline = true;
    untilDialed();
    mqtt.accept();

    const wasReady = link.isReady();
    isOnline = false;
    clock.advance(0);

    expect(wasReady).toBe(false);
    expect(mqtt.connected).toBe(false);
  });

  it("asks whether there is a network from a timer, and then lets messages go", () => {
    const ready: boolean[] = [];
    let asked = 0;
    const clock = fakeClock();
    const mqtt = fakeStockMqtt();
    const isOnline = (): boolean => ++asked > 0;
    const link = createStockLink(clock, { mqtt, isOnline }, 9);
    mqtt.accept();
    const onDrain = (): void => void ready.push(link.isReady());
    link.listen({ onConnect() {}, onDisconnect() {}, onMessage() {}, onDrain });

    ready.push(link.isReady());
    const askedSynchronously = asked;
    clock.advance(0);

    expect(askedSynchronously).toBe(0);
    expect(ready).toEqual([false, true]);
    expect(clock.timers()).toBe(0);
  });

  it("says so and is silent from offline on, without a timer, until online", () => {
    const { clock, mqtt, link, told } = createStockBench();
    mqtt.accept();

    link.offline();
    link.offline();
    clock.advance(3_600_000);
    expect([link.isReady(), mqtt.dials, clock.timers()]).toEqual([false, 0, 0]);
    link.online();
    clock.advance(1_000);
    mqtt.accept();

    expect(mqtt.dials).toBe(1);
    expect(told).toEqual(["connect", "leave", "disconnect", "connect"]);
  });

  it("dials within a second of online, whatever failed before", () => {
    const { clock, mqtt, link, untilDialed } = createStockBench();
    for (let attempt = 0; attempt < 12; attempt++) untilDialed();
    const dials = mqtt.dials;

    link.online();
    clock.advance(1_000);

    expect(mqtt.dials).toBe(dials + 1);
  });

  it("leaves a connection alone that stands when the application says online", () => {
    const { mqtt, link, told } = createStockBench();
    mqtt.accept();

    link.online();

    expect(told).toEqual(["connect"]);
  });

  it("goes on with another client, and hears the one before no more", () => {
    const { clock, mqtt, link, told } = createStockBench();
    const other = fakeStockMqtt();
    mqtt.accept();

    link.attach(other);
    mqtt.say("a/down", "\0");
    mqtt.lose();
    clock.advance(1_000);
    other.accept();

    expect([mqtt.dials, other.dials, mqtt.listeners()]).toEqual([0, 1, 0]);
    expect(told).toEqual(["connect", "disconnect", "connect"]);
  });

  it("announces another client that is connected already, and watches its socket", () => {
    const { mqtt, link, told, clock } = createStockBench();
    const other = fakeStockMqtt();
    other.accept();

    link.attach(other);
    link.publish("a/state", new Uint8Array(1), true);
    other.drain();

    expect(told).toEqual(["disconnect", "connect", "drain"]);
    expect([mqtt.listeners(), other.dials, clock.timers()]).toEqual([0, 0, 0]);
  });

  it("registers once with a client that comes back", () => {
    const { mqtt, link } = createStockBench();
    const other = fakeStockMqtt();
    const listeners = mqtt.listeners();

    for (let round = 0; round < 5; round++) {
      link.attach(other);
      link.attach(mqtt);
    }

    expect([mqtt.listeners(), other.listeners()]).toEqual([listeners, 0]);
  });

  it("rests without a timer while it sleeps, and dials when a message wants to go", () => {
    const { clock, mqtt, link, told } = createStockBench();
    mqtt.accept();

    link.rest(true);
    clock.advance(3_600_000);
    expect([mqtt.connected, mqtt.dials, clock.timers()]).toEqual([false, 0, 0]);
    link.isReady();
    clock.advance(0);

    expect(mqtt.dials).toBe(1);
    expect(told).toEqual(["connect", "disconnect"]);
  });

  it("keeps its backoff through a sleep", () => {
    const { clock, mqtt, link, untilDialed } = createStockBench();
    for (let attempt = 0; attempt < 12; attempt++) untilDialed();
    mqtt.lose();
    const leftMs = link.waitMs();

    link.rest(true);
    clock.advance(leftMs - 1);
    link.isReady();
    const dials = mqtt.dials;
    clock.advance(1);

    expect(leftMs).toBeGreaterThan(1_000);
    expect(mqtt.dials).toBe(dials + 1);
  });

  it("uses the radio no sooner than its pause after the last use, unless it is urgent", () => {
    const { clock, mqtt, link } = createStockBench({ radioPauseMs: 600_000 });
    clock.advance(1_000);
    mqtt.accept();

    link.rest(false);
    link.isReady();
    clock.advance(599_999);
    expect([mqtt.connected, mqtt.dials]).toEqual([false, 1]);
    clock.advance(1);
    expect(mqtt.dials).toBe(2);
    mqtt.accept();
    link.rest(false);
    link.hurry();
    link.isReady();
    clock.advance(0);

    expect(mqtt.dials).toBe(3);
  });

  it("keeps its connection where no pause of the radio is asked for", () => {
    const { mqtt, link } = createStockBench();
    mqtt.accept();

    link.rest(false);

    expect(mqtt.connected).toBe(true);
  });
});
