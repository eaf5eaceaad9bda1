import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createStockMqttLink } from "../../../device/platforms/stock-mqtt.ts";
import { fakeClock } from "../../support/fake-clock.ts";
import { fakeEspruino, fakeStockMqtt } from "../../support/fake-espruino.ts";

const createStockBench = (isReconnecting = true) => {
  const clock = fakeClock();
  const mqtt = fakeStockMqtt();
  const told: string[] = [];
  const options = { platform: clock, mqtt, qos: 0, isReconnecting, seed: 9 } as const;
  const link = createStockMqttLink(options);
  link.listen({
    onConnect: () => told.push("connect"),
    onDisconnect: () => told.push("disconnect"),
    onDrain: () => told.push("drain"),
    onMessage: (topic, payload) => told.push(`${topic} ${payload.join(" ")}`),
  });
  return { clock, mqtt, told, link };
};

describe("stock mqtt link", () => {
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
    const { clock, mqtt, told } = createStockBench(false);

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
});
