import { describe, expect, it } from "vitest";
import { remindDevice } from "../../../agent/receive/ack.ts";
import { decodeAck } from "../../../shared/codec/downlink.ts";
import type { Command } from "../../../shared/downlink.ts";
import type { Boot } from "../../../shared/frame.ts";
import { encodeFrame } from "../../../shared/index.ts";
import { startReceive } from "../../support/started-receive.ts";

const boot = { nonce: 7, number: 0 };
const command = { id: 4, kind: 1, remainingMs: 0, value: 0, tag: "" };

const payload = encodeFrame({
  header: { boot, base: 0, first: 0, count: 1, sendUptimeMs: 1_000, ackId: 0, ackUptimeMs: 1_000 },
  body: {
    kind: "entries",
    entries: [
      {
        kind: "event",
        uptimeMs: 500,
        site: { level: "info", tag: "", format: "started" },
        values: [],
      },
    ],
  },
});

/** An agent that has a command for every boot that it has met. */
const startAgent = async () => {
  const { take, devices, spool, metrics, time } = await startReceive();
  const sent: unknown[] = [];
  const met: Boot[] = [];
  const remind = () =>
    remindDevice(
      {
        ...{ devices, spool, metrics, time },
        send(device, bytes) {
          const decoded = decodeAck(bytes);
          sent.push([device, decoded.ok && decoded.ack]);
        },
        commands: {
          meet: (_device, seen) => met.push(seen),
          observe() {},
          bring: (_device, seen): Command | undefined => (met.includes(seen) ? command : undefined),
        },
      },
      "pump",
    );
  return { take, remind, sent, spool };
};

describe("ack without a frame", () => {
  it("says what is stored of the newest boot, with an id of its own and the command", async () => {
    const { take, remind, sent, spool } = await startAgent();
    await take(payload);

    await remind();

    expect(sent).toEqual([
      [
        "pump",
        {
          ...{ storeId: spool.storeId, ackId: 2, boot, next: 1, definitions: 1, busyMs: 0 },
          ...{ epochMs: Date.UTC(2026, 0, 1), command },
        },
      ],
    ]);
  });

  it("is not sent to a device of which nothing is stored", async () => {
    const { remind, sent } = await startAgent();

    await remind();

    expect(sent).toEqual([]);
  });
});
