import { describe, expect, it } from "vitest";
import { createConnection } from "../../device/connection.ts";
import type { Uplink } from "../../device/uplink.ts";
import { createDeviceParts } from "../support/device-parts.ts";

const createConnectionBench = (isConnectedBefore = false) => {
  const { clock, link, setup } = createDeviceParts();
  const calls: string[] = [];
  const uplink: Uplink = {
    pump: () => calls.push("pump"),
    restart: () => calls.push("restart"),
    pause: () => calls.push("pause"),
    renew: () => calls.push("renew"),
    receive: (payload) => calls.push(`receive ${payload.join(" ")}`),
  };
  if (isConnectedBefore) link.connect();
  const connection = createConnection(setup, uplink);
  const states = (): string[] =>
    link.sent
      .filter((message) => message.topic === "fleetlog/1/51/pump-7/state" && message.isRetained)
      .map((message) => new TextDecoder().decode(message.payload));
  return { clock, link, calls, connection, states };
};

describe("connection", () => {
  it("subscribes, says online and restarts the uplink on each connection", () => {
    const { link, calls, states } = createConnectionBench();

    link.connect();
    link.disconnect();
    link.connect();

    expect(link.subscriptions).toEqual(["fleetlog/1/51/pump-7/down"]);
    expect(states()).toEqual(["online", "online"]);
    expect(calls).toEqual(["restart", "pause", "restart"]);
  });

  it("uses a connection that stands already", () => {
    const { calls, states } = createConnectionBench(true);

    expect(states()).toEqual(["online"]);
    expect(calls).toEqual(["restart"]);
  });

  it("passes on what comes for the device, and nothing else", () => {
    const { link, calls } = createConnectionBench();
    link.connect();
    link.subscribe("some/other/topic");

    link.deliver("some/other/topic", new Uint8Array([9]));
    link.deliver("fleetlog/1/51/pump-7/down", new Uint8Array([1, 2]));

    expect(calls).toEqual(["restart", "receive 1 2"]);
  });

  it("says offline before it lets the link go", () => {
    const { clock, link, calls, connection, states } = createConnectionBench(true);
    let isClosed = false;

    connection.close(() => {
      isClosed = true;
    });
    expect(isClosed).toBe(false);
    clock.advance(200);
    link.disconnect();
    link.connect();

    expect(isClosed).toBe(true);
    expect(states()).toEqual(["online", "offline"]);
    expect(calls).toEqual(["restart", "pause"]);
  });

  it("closes without a word where nobody would hear it", () => {
    const { clock, connection, states } = createConnectionBench();
    let isClosed = false;

    connection.close(() => {
      isClosed = true;
    });
    clock.advance(0);

    expect(isClosed).toBe(true);
    expect(states()).toEqual([]);
  });
});
