import { EventEmitter } from "node:events";
import type { MqttClient } from "mqtt";
import { describe, expect, it } from "vitest";
import { createAckSender } from "../../../../agent/intake/client/ack-sender.ts";
import { createPace, unpaced } from "../../../../agent/intake/client/pace.ts";
import { encodeAck } from "../../../../shared/codec/downlink.ts";
import { parseTopic } from "../../../../shared/topic.ts";
import { fakeTime } from "../../../support/fake-time.ts";

/** A connection that takes nothing while it is full. */
const fakeConnection = () => {
  /** Devices, and the marks of their acks. */
  const published: string[] = [];
  const stream = Object.assign(new EventEmitter(), { writableNeedDrain: false });
  const client = {
    stream,
    publish: (topic: string, payload: Buffer) =>
      published.push(`${parseTopic("p", topic)?.device} ${payload.at(-1)}`),
  };
  return {
    published,
    client: client as unknown as Pick<MqttClient, "publish" | "stream">,
    fill() {
      stream.writableNeedDrain = true;
    },
    drain() {
      stream.writableNeedDrain = false;
      stream.emit("drain");
    },
    listeners: () => stream.listenerCount("drain"),
  };
};

/** An ack that ends in `mark`, a `busyMs`. */
const ackOf = (mark: number): Uint8Array => {
  const boot = { nonce: 1, number: 0 };
  const rest = { storeId: 1, ackId: 1, next: 1, definitions: 0, epochMs: 0 };
  return encodeAck({ ...rest, boot, busyMs: mark });
};

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const start = ({ perSecond = 0, limit = 100 } = {}) => {
  const time = fakeTime();
  const connection = fakeConnection();
  const state = { isUp: true, givenUp: 0 };
  const sender = createAckSender({
    prefix: "p",
    client: () => (state.isUp ? connection.client : null),
    pace: perSecond > 0 ? createPace(perSecond, time) : unpaced,
    time,
    limit,
    onGivenUp: () => state.givenUp++,
  });
  return { time, state, sender, ...connection };
};

describe("ack sender", () => {
  it("sends the newest of the acks that one turn brings for a boot", async () => {
    const { sender, published } = start();

    for (const mark of [1, 2, 3]) sender.send("pump", ackOf(mark));
    sender.send("door", ackOf(4));
    await nextTurn();

    expect(published).toEqual(["pump 3", "door 4"]);
  });

  it("holds acks while the socket is full, and sends the newest once it has drained", async () => {
    const { sender, published, fill, drain, listeners } = start();
    fill();

    for (const mark of [1, 2, 3]) {
      sender.send("pump", ackOf(mark));
      await nextTurn();
    }
    const before = [...published];
    drain();

    expect(before).toEqual([]);
    expect(published).toEqual(["pump 3"]);
    expect(listeners()).toBe(0);
  });

  it("holds acks while there is no connection", async () => {
    const { sender, state, published } = start();
    state.isUp = false;

    sender.send("pump", ackOf(1));
    await nextTurn();
    state.isUp = true;
    sender.pump();

    expect(published).toEqual(["pump 1"]);
  });

  it("gives up the oldest beyond its limit, and counts them", async () => {
    const { sender, state, published } = start({ limit: 2 });

    for (const device of ["a", "b", "c"]) sender.send(device, ackOf(1));
    await nextTurn();

    expect(state.givenUp).toBe(1);
    expect(published).toEqual(["b 1", "c 1"]);
  });

  it("sends no more in a second than the pace allows, and the rest after it", async () => {
    const { sender, time, published } = start({ perSecond: 4 });
    for (let index = 0; index < 10; index++) sender.send(`device-${index}`, ackOf(1));
    await nextTurn();
    const counts = [published.length];

    for (let second = 0; second < 3; second++) {
      time.advance(1_100);
      counts.push(published.length);
    }

    expect(counts).toEqual([4, 8, 10, 10]);
  });

  it("sends nothing any more once it is stopped", async () => {
    const { sender, time, published } = start({ perSecond: 1 });
    for (const device of ["a", "b"]) sender.send(device, ackOf(1));
    await nextTurn();

    sender.stop();
    time.advance(10_000);

    expect(published).toHaveLength(1);
  });
});
