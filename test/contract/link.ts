import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Link } from "../../device/platform.ts";

/** A link, and a hand on the other end of it. */
export interface LinkBench {
  link: Link;
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  /** The next message that the other end gets from the link. */
  nextSent(): Promise<{ topic: string; payload: Uint8Array; isRetained: boolean }>;
  /** Resolves once the other end knows the subscription. */
  subscribed(topic: string): Promise<void>;
  /** The other end sends a message, and waits until it must have arrived. */
  say(topic: string, payload: Uint8Array): Promise<void>;
  end(): Promise<void>;
}

const allBytes = Uint8Array.from({ length: 256 }, (_, byte) => byte);

/** What the device relies on, whatever carries its messages. */
export const linkContract = (name: string, open: () => Promise<LinkBench>): void => {
  describe(`${name} as a link`, () => {
    let bench: LinkBench;
    let told: string[];
    const listen = (): void =>
      bench.link.listen({
        onConnect: () => told.push("connect"),
        onDisconnect: () => told.push("disconnect"),
        onDrain: () => told.push("drain"),
        onMessage: (topic, payload) => told.push(`${topic} ${payload.join(" ")}`),
      });

    beforeEach(async () => {
      bench = await open();
      told = [];
    });
    afterEach(() => bench.end());

    it("is neither connected nor ready before there is a connection", () => {
      listen();

      expect([bench.link.isConnected(), bench.link.isReady()]).toEqual([false, false]);
    });

    it("tells of each connection, and of its end", async () => {
      listen();

      await bench.connect();
      expect([bench.link.isConnected(), bench.link.isReady()]).toEqual([true, true]);
      await bench.disconnect();
      expect([bench.link.isConnected(), bench.link.isReady()]).toEqual([false, false]);
      await bench.connect();

      expect(told).toEqual(["connect", "disconnect", "connect"]);
    });

    it("does not announce a connection that stood before", async () => {
      await bench.connect();

      listen();

      expect(bench.link.isConnected()).toBe(true);
      expect(told).toEqual([]);
    });

    it("sends every byte as it is", async () => {
      listen();
      await bench.connect();

      bench.link.publish("fleetlog/1/0/a/up", allBytes, false);

      expect(await bench.nextSent()).toEqual({
        topic: "fleetlog/1/0/a/up",
        payload: allBytes,
        isRetained: false,
      });
    });

    it("sends in the order of its calls", async () => {
      listen();
      await bench.connect();

      for (let count = 0; count < 5; count++) {
        bench.link.publish("fleetlog/1/0/a/up", new Uint8Array([count]), false);
      }

      const order: number[] = [];
      for (let count = 0; count < 5; count++) order.push((await bench.nextSent()).payload[0] ?? -1);
      expect(order).toEqual([0, 1, 2, 3, 4]);
    });

    it("marks what is to be retained", async () => {
      listen();
      await bench.connect();

      bench.link.publish("fleetlog/1/0/a/state", new Uint8Array([1]), true);

      expect((await bench.nextSent()).isRetained).toBe(true);
    });

    it("receives what it has subscribed to, every byte as it is", async () => {
      listen();
      await bench.connect();
      bench.link.subscribe("fleetlog/1/0/a/down");
      await bench.subscribed("fleetlog/1/0/a/down");

      await bench.say("fleetlog/1/0/a/down", allBytes);

      expect(told).toEqual(["connect", `fleetlog/1/0/a/down ${allBytes.join(" ")}`]);
    });

    it("loses what is published without a connection, and does not throw", () => {
      listen();

      expect(() => bench.link.publish("fleetlog/1/0/a/up", allBytes, false)).not.toThrow();
      expect(() => bench.link.subscribe("fleetlog/1/0/a/down")).not.toThrow();
    });

    it("tells nothing once it was released", async () => {
      listen();
      await bench.connect();
      bench.link.subscribe("fleetlog/1/0/a/down");
      await bench.subscribed("fleetlog/1/0/a/down");

      bench.link.release();
      await bench.say("fleetlog/1/0/a/down", allBytes);
      await bench.disconnect();

      expect(told).toEqual(["connect"]);
    });
  });
};
