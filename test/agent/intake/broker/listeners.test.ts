import { describe, expect, it } from "vitest";
import { createListeners } from "../../../../agent/intake/broker/listeners.ts";
import type { Outlet } from "../../../../agent/intake/broker/outlet.ts";
import { shardOf, topicOf } from "../../../../shared/topic.ts";

const prefix = "fleetlog/1";
const down = topicOf(prefix, "pump", "down");

const fakeOutlet = () => {
  const sent: Buffer[] = [];
  const outlet: Outlet = {
    acknowledge() {},
    send: (packet) => sent.push(Buffer.from(packet)),
    isBlocked: () => false,
  };
  return { sent, outlet };
};

describe("listeners", () => {
  it.each([0, 1, 90, 127, 128, 16_500])("get a PUBLISH with a payload of %i bytes", (bytes) => {
    const { sent, outlet } = fakeOutlet();
    const listeners = createListeners(prefix);
    const payload = Buffer.alloc(bytes, 7);

    listeners.add(down, outlet);
    listeners.send("pump", payload);

    const [packet = Buffer.alloc(0)] = sent;
    const bodyAt = packet.length - (2 + down.length + bytes);
    const length = packet
      .subarray(1, bodyAt)
      .reduce((sum, byte, index) => sum + (byte & 127) * 128 ** index, 0);
    expect(packet[0]).toBe(0x30);
    expect(length).toBe(2 + down.length + bytes);
    expect(packet.subarray(bodyAt, bodyAt + 2)).toEqual(Buffer.from([0, down.length]));
    expect(packet.subarray(bodyAt + 2)).toEqual(Buffer.concat([Buffer.from(down), payload]));
  });

  it("get nothing on a topic that the agent does not send to", () => {
    const { sent, outlet } = fakeOutlet();
    const listeners = createListeners(prefix);
    const otherShard = (shardOf("pump") + 1) % 64;

    for (const topic of [`${prefix}/${otherShard}/pump/down`, topicOf(prefix, "pump", "state")]) {
      listeners.add(topic, outlet);
    }
    listeners.send("pump", Uint8Array.of(1));

    expect(sent).toEqual([]);
  });

  it("get nothing any more once they are gone, others do", () => {
    const [gone, left] = [fakeOutlet(), fakeOutlet()];
    const listeners = createListeners(prefix);
    for (const { outlet } of [gone, left]) listeners.add(down, outlet);

    listeners.remove(down, gone.outlet);
    listeners.send("pump", Uint8Array.of(1));

    expect([gone.sent.length, left.sent.length]).toEqual([0, 1]);
  });
});
