import { EventEmitter } from "node:events";
import { describe, expect, it } from "vitest";
import {
  createMqttLink,
  createNodePlatform,
  type MqttClient,
} from "../../../device/platforms/node.ts";

/** A client whose socket can be full, and which can refuse. */
const fakeClient = () => {
  const stream = Object.assign(new EventEmitter(), { writableNeedDrain: false });
  const client = Object.assign(new EventEmitter(), {
    connected: true,
    stream,
    subscribe() {
      throw new Error("client disconnecting");
    },
    publish() {
      throw new Error("client disconnecting");
    },
  });
  return { client: client as unknown as MqttClient & EventEmitter, stream };
};

const silent = { onConnect() {}, onDisconnect() {}, onDrain() {}, onMessage() {} };

describe("node platform", () => {
  it("counts uptime in whole milliseconds that never decrease", () => {
    const platform = createNodePlatform();

    const stamps = Array.from({ length: 1_000 }, () => platform.uptimeMs());

    expect(stamps.every(Number.isInteger)).toBe(true);
    expect(stamps).toEqual([...stamps].sort((left, right) => left - right));
  });

  it("gives another nonce of 32 bits each time", () => {
    const platform = createNodePlatform();

    const nonces = Array.from({ length: 100 }, () => platform.entropy());

    expect(new Set(nonces).size).toBe(100);
    expect(nonces.every((nonce) => nonce >= 0 && nonce < 2 ** 32)).toBe(true);
  });

  it("calls back after a delay, unless it is cancelled", async () => {
    const platform = createNodePlatform();
    const calls: string[] = [];

    const cancelled = platform.after(1, () => calls.push("cancelled"));
    platform.cancel(cancelled);
    await new Promise<void>((resolve) => {
      platform.after(5, () => {
        calls.push("kept");
        resolve();
      });
    });

    expect(calls).toEqual(["kept"]);
  });
});

describe("mqtt link", () => {
  it("is not ready while the socket has not drained, and tells when it has, once", () => {
    const { client, stream } = fakeClient();
    const link = createMqttLink(client);
    let drains = 0;
    link.listen({ ...silent, onDrain: () => drains++ });

    stream.writableNeedDrain = true;
    const wasReady = [link.isReady(), link.isReady()];
    stream.writableNeedDrain = false;
    stream.emit("drain");

    expect(wasReady).toEqual([false, false]);
    expect(link.isReady()).toBe(true);
    expect(drains).toBe(1);
  });

  it("watches the new socket after a reconnect", () => {
    const { client, stream } = fakeClient();
    const link = createMqttLink(client);
    let drains = 0;
    link.listen({ ...silent, onDrain: () => drains++ });
    stream.writableNeedDrain = true;
    link.isReady();
    const next = Object.assign(new EventEmitter(), { writableNeedDrain: true });
    Object.assign(client, { stream: next });
    client.emit("close");
    client.emit("connect");

    link.isReady();
    next.emit("drain");

    expect(drains).toBe(1);
  });

  it("bears a client that throws because it is ending", () => {
    const { client } = fakeClient();
    const link = createMqttLink(client);

    expect(() => link.subscribe("a")).not.toThrow();
    expect(() => link.publish("a", new Uint8Array(1), false)).not.toThrow();
  });

  it("leaves no listener on the application's client", () => {
    const { client } = fakeClient();
    const link = createMqttLink(client);

    link.listen(silent);
    link.release();

    expect(client.eventNames()).toEqual([]);
  });
});
