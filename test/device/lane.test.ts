import { describe, expect, it } from "vitest";
import { shed } from "../../device/held-frame.ts";
import { createLane, sendNext, takeAck } from "../../device/lane.ts";
import { decodeFrame, type Level } from "../../shared/index.ts";
import { createDeviceParts, frameOf } from "../support/device-parts.ts";
import { fakeFlash } from "../support/fake-journal.ts";

const createLaneBench = (levels: Level[]) => {
  const flash = fakeFlash();
  const parts = createDeviceParts({ flash });
  const { setup, outbox } = parts;
  const lane = createLane(setup, { ...outbox, boot: setup.boot, earlier: null }, () => {});
  for (const level of levels) parts.outbox.add(frameOf(parts.outbox.frames.length, level, 20));
  parts.link.connect();
  const decoded = () =>
    parts.link.sent.map(({ payload }) => {
      const read = decodeFrame(payload);
      if (!read.ok) throw new Error(read.reason);
      return read.frame;
    });
  const ack = (next: number, busyMs = 0) => {
    const boot = parts.setup.boot();
    const told = { storeId: 1, ackId: 1, boot, next, definitions: 0, epochMs: 1, busyMs };
    takeAck(lane, told);
    lane.isHeard = busyMs === 0;
  };
  /** Sends all that the window allows, as after a wait without ack. */
  const sendAgain = (waitMs = 8_000) => {
    lane.inFlight = 0;
    parts.clock.advance(waitMs);
    while (sendNext(lane));
  };
  return { ...parts, flash, lane, decoded, ack, sendAgain };
};

describe("lane", () => {
  it("writes the header as of the sending, not of the sealing", () => {
    const { clock, lane, decoded } = createLaneBench(["info"]);
    sendNext(lane);
    clock.advance(900);
    lane.inFlight = 0;

    sendNext(lane);

    expect(decoded().map(({ header }) => header.sendUptimeMs)).toEqual([0, 900]);
  });

  it("publishes to the device's own topic, never retained", () => {
    const { link, lane } = createLaneBench(["info"]);

    sendNext(lane);

    expect(link.sent).toMatchObject([{ topic: "fleetlog/1/51/pump-7/up", isRetained: false }]);
  });

  it("counts events at their first sending, and frames at each further one", () => {
    const { setup, sendAgain } = createLaneBench(["info"]);

    for (let count = 0; count < 3; count++) sendAgain();

    expect(setup.tally).toMatchObject({ sent: 1, resent: 2 });
  });

  it("sends a frame that is in flash alone as it was sealed", () => {
    const { setup, outbox, lane, decoded } = createLaneBench(["info"]);
    sendNext(lane);
    const frame = outbox.frames[0] as ReturnType<typeof frameOf>;
    frame.stored = [setup.journal?.store(frame, setup.table) as number, 1, 1];
    shed(frame);
    lane.inFlight = 0;

    sendNext(lane);

    const [before, after] = decoded();
    expect(after?.body).toEqual(before?.body);
  });

  it("says of a frame that flash cannot read any more how many events it had", () => {
    const { setup, outbox, lane, flash, decoded } = createLaneBench(["info"]);
    const frame = outbox.frames[0] as ReturnType<typeof frameOf>;
    frame.stored = [setup.journal?.store(frame, setup.table) as number, 1, 1];
    shed(frame);
    flash.damaged.add(frame.stored[0] as number);

    sendNext(lane);

    expect(decoded()[0]?.body).toMatchObject({
      kind: "tombstone",
      drops: [{ level: "info", reason: "unreadable", count: 1 }],
    });
    expect(setup.tally.dropped).toEqual({ unreadable: 1 });
  });

  it("gives up a frame that was sent 8 times in vain while others were answered", () => {
    const { setup, ack, sendAgain, decoded } = createLaneBench(["warn", "info"]);

    for (let count = 0; count < 8; count++) {
      sendAgain();
      ack(0);
    }
    const before = { ...setup.tally.dropped };
    sendAgain();

    expect(before).toEqual({});
    expect(setup.tally.dropped).toEqual({ refused: 1 });
    expect(decoded().at(-2)?.body).toMatchObject({
      kind: "tombstone",
      drops: [{ level: "warn", reason: "refused", count: 1 }],
    });
  });

  it("gives no frame up within 64 s, however often it was sent", () => {
    const { setup, ack, sendAgain } = createLaneBench(["warn", "info"]);

    for (let second = 0; second < 64; second++) {
      sendAgain(1_000);
      ack(0);
    }
    const before = { ...setup.tally.dropped };
    sendAgain(1_000);

    expect(before).toEqual({});
    expect(setup.tally.dropped).toEqual({ refused: 1 });
  });

  it("does not take for refused what was sent into silence, or while the agent was busy", () => {
    const { setup, lane, ack, sendAgain } = createLaneBench(["warn", "info"]);

    for (let count = 0; count < 20; count++) {
      sendAgain();
      ack(0, 1_000);
      sendAgain();
      ack(0);
      lane.isHeard = false;
    }

    expect(setup.tally.dropped).toEqual({});
  });

  it("begins to count anew with the next frame", () => {
    const { setup, ack, sendAgain } = createLaneBench(["info", "info"]);

    for (let count = 0; count < 8; count++) {
      sendAgain();
      ack(0);
    }
    ack(1);
    for (let count = 0; count < 7; count++) {
      sendAgain();
      ack(1);
    }

    expect(setup.tally.dropped).toEqual({});
  });
});
