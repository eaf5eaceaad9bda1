import { EventEmitter, once } from "node:events";
import type { Socket } from "node:net";
import type { Client } from "aedes";
import { describe, expect, it } from "vitest";
import type { Outlet } from "../../../../agent/intake/broker/outlet.ts";
import { takeShortcut } from "../../../../agent/intake/broker/shortcut.ts";
import type { Source } from "../../../../shared/topic.ts";

const source: Source = { device: "pump", shard: 1, channel: "up" };

const publishOf = (topic: string, text: string): Buffer =>
  Buffer.concat([
    Buffer.from([0x32, 2 + topic.length + 2 + text.length, 0, topic.length]),
    Buffer.from(topic),
    Buffer.from([0, 9]),
    Buffer.from(text),
  ]);

const frame = publishOf("up", "frame");

/** A connection that has these chunks to read, with a shortcut. */
const startShortcut = ({ keepAliveMs = 0 } = {}) => {
  const chunks: Buffer[] = [];
  const socket = new EventEmitter() as Socket;
  socket.read = () => chunks.shift() ?? null;
  const client = { connected: true } as Client & { connected: boolean };
  const taken: string[] = [];
  const acknowledged: number[] = [];
  const asked: string[] = [];
  const state = { isBlocked: false, nowMs: 0 };
  const outlet: Outlet = {
    acknowledge: (id) => acknowledged.push(id),
    send() {},
    isBlocked: () => state.isBlocked,
  };
  takeShortcut(socket, {
    client,
    outlet,
    sourceOf(topic) {
      asked.push(topic);
      return topic === "up" ? source : null;
    },
    take: (_from, payload) => taken.push(Buffer.from(payload).toString()),
    keepAliveMs: () => keepAliveMs,
    nowMs: () => state.nowMs,
  });
  const read = (...sent: Buffer[]): Buffer | null => {
    chunks.push(...sent);
    return socket.read();
  };
  return { socket, client, taken, acknowledged, asked, state, read };
};

describe("shortcut", () => {
  it("takes frames and acknowledges them; the broker sees nothing", () => {
    const { read, taken, acknowledged } = startShortcut();

    expect(read(frame)).toBeNull();
    expect([taken, acknowledged]).toEqual([["frame"], [9]]);
  });

  it("asks once where frames on a topic come from", () => {
    const { read, asked } = startShortcut();

    for (let time = 0; time < 3; time++) read(frame);

    expect(asked).toEqual(["up"]);
  });

  it("leaves messages on other topics to the broker", () => {
    const { read, taken } = startShortcut();
    const other = publishOf("state", "online");

    expect(read(other)).toEqual(other);
    expect(taken).toEqual([]);
  });

  it("takes nothing before the broker has accepted the client", () => {
    const { client, read, taken } = startShortcut();

    client.connected = false;

    expect(read(frame)).toEqual(frame);
    expect(taken).toEqual([]);
  });

  it("takes nothing from a client that does not read, so that the broker lets it wait", () => {
    const { state, read } = startShortcut();

    state.isBlocked = true;

    expect(read(frame)).toEqual(frame);
  });

  it("shows the broker a message in half of the keep-alive", async () => {
    const { state, read } = startShortcut({ keepAliveMs: 60_000 });
    const seen = [];

    for (state.nowMs = 0; state.nowMs < 120_000; state.nowMs += 10_000) {
      if (read(frame) !== null) seen.push(state.nowMs);
      await new Promise((resolve) => process.nextTick(resolve));
    }

    expect(seen).toEqual([30_000, 60_000, 90_000]);
  });

  it("goes on after what is the broker's once that has read it, and has it asked for", async () => {
    const { socket, read, taken } = startShortcut();
    const ping = Buffer.from([0xc0, 0]);

    const first = read(Buffer.concat([ping, frame, ping]));
    const inTheMiddle = socket.read();
    await once(socket, "readable");
    const second = socket.read();

    expect([first, inTheMiddle, second]).toEqual([ping, null, ping]);
    expect(taken).toEqual(["frame"]);
  });

  it("takes nothing where Node only wants more fetched", () => {
    const { socket, read, taken } = startShortcut();
    read(Buffer.concat([Buffer.from([0xc0, 0]), frame]));

    expect(socket.read(0)).toBeNull();
    expect(taken).toEqual([]);
  });
});
