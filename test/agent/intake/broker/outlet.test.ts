import type { Socket } from "node:net";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { createOutlets } from "../../../../agent/intake/broker/outlet.ts";

const fakeSocket = () => {
  const written: number[][] = [];
  const socket = {
    destroyed: false,
    writable: true,
    writableLength: 0,
    writableNeedDrain: false,
    write: (bytes: Uint8Array) => written.push([...bytes]) > 0,
  };
  return { written, socket, asSocket: socket as unknown as Socket };
};

const startOutlets = () => {
  vi.useFakeTimers();
  onTestFinished(() => {
    vi.useRealTimers();
  });
  return createOutlets();
};

describe("outlet", () => {
  it("acknowledges messages together, within 100 ms", () => {
    const { written, asSocket } = fakeSocket();
    const outlet = startOutlets()(asSocket);

    for (const id of [1, 2, 258]) outlet.acknowledge(id);
    const before = written.length;
    vi.advanceTimersByTime(100);

    expect(before).toBe(0);
    expect(written).toEqual([[0x40, 2, 0, 1, 0x40, 2, 0, 2, 0x40, 2, 1, 2]]);
  });

  it("acknowledges before the next packet at the latest, in one write, and not again", () => {
    const { written, asSocket } = fakeSocket();
    const outlet = startOutlets()(asSocket);

    outlet.acknowledge(1);
    outlet.send(Uint8Array.of(0x30, 0));
    vi.advanceTimersByTime(100);

    expect(written).toEqual([[0x40, 2, 0, 1, 0x30, 0]]);
  });

  it("acknowledges on each of many connections", () => {
    const sockets = [fakeSocket(), fakeSocket()];
    const createOutlet = startOutlets();

    for (const { asSocket } of sockets) createOutlet(asSocket).acknowledge(1);
    vi.advanceTimersByTime(100);

    expect(sockets.map(({ written }) => written.length)).toEqual([1, 1]);
  });

  it("sends nothing more to a client that has not read 64 kB", () => {
    const { written, socket, asSocket } = fakeSocket();
    const outlet = startOutlets()(asSocket);

    socket.writableLength = 65_537;
    outlet.send(Uint8Array.of(0x30, 0));

    expect(written).toEqual([]);
  });

  it("writes nothing to a connection that has ended", () => {
    const { written, socket, asSocket } = fakeSocket();
    const outlet = startOutlets()(asSocket);

    outlet.acknowledge(1);
    socket.destroyed = true;
    vi.advanceTimersByTime(100);

    expect(written).toEqual([]);
  });
});
