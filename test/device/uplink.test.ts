import { describe, expect, it } from "vitest";
import { createUplink } from "../../device/uplink.ts";
import { decodeFrame, encodeAck } from "../../shared/index.ts";
import { createDeviceParts, frameOf } from "../support/device-parts.ts";

const createUplinkBench = (frameCount: number) => {
  const { clock, link, setup, outbox } = createDeviceParts();
  let emptied = 0;
  let lastAckId = 0;
  for (let seq = 0; seq < frameCount; seq++) outbox.add(frameOf(seq, "info", 50));
  const uplink = createUplink(setup, { outbox, sealDue: () => false, onEmpty: () => emptied++ });
  link.listen({
    onConnect: uplink.restart,
    onDisconnect: uplink.pause,
    onDrain: uplink.pump,
    onMessage: (_topic, payload) => uplink.receive(payload),
  });
  const headers = () =>
    link.sent.map((message) => {
      const decoded = decodeFrame(message.payload);
      if (!decoded.ok) throw new Error(decoded.reason);
      return decoded.frame.header;
    });
  const ack = (next: number, more: { busyMs?: number; nonce?: number; storeId?: number } = {}) => {
    const boot = { nonce: more.nonce ?? setup.boot().nonce, number: 0 };
    const place = { storeId: more.storeId ?? 1, ackId: ++lastAckId, boot, next, definitions: 0 };
    uplink.receive(encodeAck({ ...place, epochMs: 1, busyMs: more.busyMs ?? 0 }));
  };
  return {
    clock,
    link,
    setup,
    outbox,
    uplink,
    ack,
    headers,
    firsts: () => headers().map((header) => header.first),
    emptied: () => emptied,
  };
};

describe("uplink", () => {
  it("sends nothing while there is no connection", () => {
    const { uplink, clock, link } = createUplinkBench(3);

    uplink.pump();
    clock.advance(600_000);

    expect(link.sent).toEqual([]);
  });

  it("sends in seq order, and no more than the window without an ack", () => {
    const { link, firsts } = createUplinkBench(9);

    link.connect();

    expect(firsts()).toEqual([0, 1, 2, 3]);
  });

  it("frees frames wholly below the ack and sends as many more", () => {
    const { link, ack, firsts, outbox } = createUplinkBench(9);
    link.connect();

    ack(3);

    expect(firsts()).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(outbox.frames[0]?.first).toBe(3);
  });

  it("tells when an ack has emptied the outbox", () => {
    const { link, ack, emptied } = createUplinkBench(2);
    link.connect();

    ack(1);
    expect(emptied()).toBe(0);
    ack(2);

    expect(emptied()).toBe(1);
  });

  it("returns the last ack's id with the uptime of its arrival", () => {
    const { clock, link, ack, headers } = createUplinkBench(5);
    clock.advance(1_000);
    link.connect();
    clock.advance(70);

    ack(1);

    expect(headers()[0]).toMatchObject({ ackId: 0, sendUptimeMs: 1_000, ackUptimeMs: 1_000 });
    expect(headers()[4]).toMatchObject({ ackId: 1, sendUptimeMs: 1_070, ackUptimeMs: 1_070 });
  });

  it("names the lowest seq it still holds", () => {
    const { link, ack, headers } = createUplinkBench(6);
    link.connect();

    ack(2);

    expect(headers().map((header) => header.base)).toEqual([0, 0, 0, 0, 2, 2]);
  });

  it("sends again when no ack comes, waiting longer each time", () => {
    const { clock, link, headers, setup } = createUplinkBench(1);
    link.connect();

    clock.advance(40_000);

    expect(headers().map((header) => header.sendUptimeMs)).toEqual([0, 4_000, 12_000, 28_000]);
    expect(setup.tally.resent).toBe(3);
  });

  it("is patient again after progress", () => {
    const { clock, link, ack, headers } = createUplinkBench(2);
    link.connect();
    clock.advance(12_000);

    ack(1);
    clock.advance(4_000);

    expect(headers().at(-1)).toMatchObject({ first: 1, sendUptimeMs: 16_000 });
  });

  it("sends again at once where an ack shows that the first frame was lost", () => {
    const { clock, link, ack, firsts } = createUplinkBench(4);
    link.connect();
    clock.advance(1_500);

    ack(0);

    expect(firsts()).toEqual([0, 1, 2, 3, 0, 1, 2, 3]);
  });

  it("answers a burst of such acks with one resending only", () => {
    const { clock, link, ack, firsts } = createUplinkBench(4);
    link.connect();
    clock.advance(1_500);

    for (let count = 0; count < 50; count++) ack(0);

    expect(firsts()).toHaveLength(8);
  });

  it("takes an ack of an only frame that stores nothing for no sign of loss", () => {
    const { clock, link, ack, firsts } = createUplinkBench(1);
    link.connect();
    clock.advance(1_500);

    ack(0);

    expect(firsts()).toEqual([0]);
  });

  it("stays silent as long as the agent asks", () => {
    const { clock, link, ack, firsts } = createUplinkBench(9);
    link.connect();

    ack(4, { busyMs: 7_000 });
    clock.advance(6_999);
    expect(firsts()).toEqual([0, 1, 2, 3]);
    clock.advance(1);

    expect(firsts()).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  it("is not silenced for longer than five minutes by a damaged ack", () => {
    const { clock, link, ack, firsts } = createUplinkBench(5);
    link.connect();

    ack(4, { busyMs: 2 ** 50 });
    clock.advance(300_000);

    expect(firsts()).toEqual([0, 1, 2, 3, 4]);
  });

  it("ignores acks of another boot, and bytes that are no ack", () => {
    const { link, ack, uplink, outbox } = createUplinkBench(2);
    link.connect();

    ack(2, { nonce: 99 });
    uplink.receive(new Uint8Array([1, 2, 3]));
    uplink.receive(new Uint8Array(0));

    expect(outbox.frames).toHaveLength(2);
  });

  it("does not free what was never sent, whatever an ack says", () => {
    const { link, ack, outbox } = createUplinkBench(6);
    link.connect();

    ack(1_000);

    expect(outbox.frames.map((frame) => frame.first)).toEqual([4, 5]);
  });

  it("survives late and repeated acks", () => {
    const { link, ack, outbox, firsts } = createUplinkBench(6);
    link.connect();

    for (const next of [4, 1, 4, 0, 2, 6, 3, 6]) ack(next);

    expect(outbox.frames).toEqual([]);
    expect(firsts()).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it("has nothing to send again to a store that knows less than it holds", () => {
    const { clock, link, ack, headers } = createUplinkBench(4);
    link.connect();
    ack(2);
    clock.advance(1_500);

    ack(0, { storeId: 2 });

    expect(headers()).toHaveLength(4);
    expect(headers().at(-1)?.base).toBe(0);
  });

  it("begins again from the oldest frame on a new connection", () => {
    const { link, ack, firsts } = createUplinkBench(6);
    link.connect();
    ack(1);

    link.disconnect();
    link.connect();

    expect(firsts()).toEqual([0, 1, 2, 3, 4, 1, 2, 3, 4]);
  });

  it("runs no timer while it is not connected, nor when all is acked", () => {
    const { clock, link, ack } = createUplinkBench(1);
    link.connect();
    link.disconnect();
    expect(clock.timers()).toBe(0);

    link.connect();
    ack(1);

    expect(clock.timers()).toBe(0);
  });

  it("waits for a clogged transport", () => {
    const { clock, link, firsts } = createUplinkBench(2);
    link.connect();
    link.clog();

    clock.advance(60_000);
    const sentWhileClogged = firsts().length;
    link.drain();

    expect(sentWhileClogged).toBe(2);
    expect(firsts()).toEqual([0, 1, 0, 1]);
  });
});
