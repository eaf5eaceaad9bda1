import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  eventMessages,
  noticeMessages,
  noticeOfDrop,
} from "../../../../agent/delivery/message/message.ts";
import type { IntentStamp } from "../../../../agent/spool/intent.ts";
import type { LogEvent } from "../../../../shared/event.ts";
import { anySite, anyValue } from "../../../support/any-frame.ts";
import { bootOf } from "../../../support/any-receipt.ts";

const origin = { device: "pump-7", boot: bootOf(3), seq: 17, uptimeMs: 5_000 };
const synced: IntentStamp = { epochMs: 1_000, errorMs: 4, quality: "synced" };

const eventOf = (format: string, values: LogEvent["values"], tag = ""): LogEvent => ({
  kind: "event",
  uptimeMs: 5_000,
  site: { level: "warn", tag, format },
  values,
});

const fields = (event: LogEvent, stamp = synced): unknown =>
  JSON.parse(eventMessages(event, origin, stamp, "json")[0] ?? "");

describe("message of an event", () => {
  it("has level, text, tag, origin, format and exact values", () => {
    const event = eventOf("temp %.1f of %s", [21.25, "tank"], "inlet");

    const message = fields(event);

    expect(message).toEqual({
      level: "warn",
      message: expect.stringContaining("of tank"),
      tag: "inlet",
      device: "pump-7",
      boot: "3-b0070003",
      seq: 17,
      format: "temp %.1f of %s",
      args: [21.25, "tank"],
    });
  });

  it("has every value of a text that was cut", () => {
    const values = ["x".repeat(200_000), "y".repeat(200_000)];

    const message = fields(eventOf("%s and %s", values));

    expect(message).toMatchObject({ message: expect.stringMatching(/cut\)$/), args: values });
  });

  it("says how it was stamped unless that was by a round trip", () => {
    const message = fields(eventOf("on", []), { epochMs: 1, errorMs: null, quality: "estimated" });

    expect(message).toMatchObject({ clock: "estimated", uptime: 5_000 });
  });

  it("has the true time beside a stamp that CloudWatch would refuse", () => {
    const message = fields(eventOf("on", []), { ...synced, trueMs: 900, errorMs: 2_000 });

    expect(message).toMatchObject({ trueTime: 900, errorMs: 2_000 });
  });

  it("makes a last object that the format does not ask for its data", () => {
    const message = fields(eventOf("on %d", [1, { json: '{"valve":3}' }]));

    expect(message).toMatchObject({ args: [1], data: { valve: 3 } });
  });

  it("keeps JSON that nests too deep to be written again as its text", () => {
    const json = `${"[".repeat(30_000)}${"]".repeat(30_000)}`;

    const message = fields(eventOf("deep", [{ json }]));

    expect(message).toMatchObject({ args: [json] });
  });

  it("has no `_aws` member of its own, whatever a device sends", () => {
    fc.assert(
      fc.property(anySite(), fc.array(anyValue(), { maxLength: 4 }), (site, values) => {
        const event: LogEvent = { kind: "event", uptimeMs: 0, site, values };

        expect(fields(event)).not.toHaveProperty("_aws");
        expect(fields(event)).toMatchObject({ device: "pump-7", boot: "3-b0070003", seq: 17 });
      }),
    );
  });

  it("is in text form a line that ends with its origin", () => {
    const event = eventOf("temp %d", [21, { json: '{"valve":3}' }], "inlet");

    const messages = eventMessages(event, origin, { ...synced, trueMs: 900 }, "text");

    expect(messages).toEqual([
      'WARN [inlet] temp 21 {"valve":3} device=pump-7 boot=3-b0070003 seq=17 trueTime=900',
    ]);
  });
});

describe("message of a drop", () => {
  const notice = noticeOfDrop({ level: "debug", reason: "ring_full", count: 12 });

  it("is an event that says reason, count and level", () => {
    const [message = ""] = noticeMessages(notice, origin, synced, "json");

    expect(JSON.parse(message)).toMatchObject({
      level: "warn",
      event: "dropped",
      reason: "ring_full",
      count: 12,
      of: "debug",
      seq: 17,
    });
  });

  it("is in text form a line of fleetlog's own", () => {
    const messages = noticeMessages(notice, origin, synced, "text");

    expect(messages).toEqual([
      "WARN [fleetlog] dropped 12: ring_full device=pump-7 boot=3-b0070003 seq=17",
    ]);
  });

  it("of power loss says how many there were at most, and of no level", () => {
    const loss = noticeOfDrop({ level: "info", reason: "power_loss", count: 30 });

    const [json = ""] = noticeMessages(loss, origin, synced, "json");
    const texts = noticeMessages({ ...loss, boots: 2 }, origin, synced, "text");

    expect(json).toContain(
      '{"level":"warn","event":"dropped","reason":"power_loss","count":30,"atMost":true,"device"',
    );
    expect(texts).toEqual([
      "WARN [fleetlog] dropped 30 at most of 2 boots: power_loss device=pump-7 boot=3-b0070003 seq=17",
    ]);
  });
});
