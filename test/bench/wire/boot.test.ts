import { describe, expect, it } from "vitest";
import { decodeFrame } from "../../../shared/codec/decode.ts";
import type { LogEvent, Value } from "../../../shared/event.ts";
import type { FrameHeader } from "../../../shared/frame.ts";
import { heldDefinitions } from "../../support/held-definitions.ts";
import { type BootRun, checkPayload, runBoot } from "./boot.ts";

const eventOf = (uptimeMs: number, format: string, values: Value[]): LogEvent => ({
  kind: "event",
  uptimeMs,
  site: { level: "info", tag: "wifi", format },
  values,
});

const events = Array.from({ length: 25 }, (_, index) =>
  eventOf(1_000 * index, index % 3 === 0 ? "rssi %d of %d" : "beacon %d at %d", [index, 7]),
);

const framesOf = ({ payloads, lookup }: BootRun) =>
  payloads.map((payload) => {
    const decoded = decodeFrame(payload, lookup);
    if (!decoded.ok) throw new Error(decoded.reason);
    return decoded;
  });

describe("boot of a corpus", () => {
  it("sends known sites without a definition, and all events in order", () => {
    const frames = framesOf(runBoot(events, { frameEvents: 10, isKnown: true }));

    expect(frames.map(({ frame }) => frame.header.count)).toEqual([10, 10, 5]);
    expect(frames.map(({ frame }) => frame.body)).toEqual([
      { kind: "entries", entries: events.slice(0, 10) },
      { kind: "entries", entries: events.slice(10, 20) },
      { kind: "entries", entries: events.slice(20) },
    ]);
    expect(frames.map(({ head }) => head?.definitions)).toEqual([[], [], []]);
  });

  it("defines each site of a cold boot once, in the frame before its ack", () => {
    const frames = framesOf(runBoot(events, { frameEvents: 10, isKnown: false }));

    expect(frames.map(({ head }) => head?.definitions.length)).toEqual([2, 0, 0]);
  });

  it("says in each header what a running device says", () => {
    const frames = framesOf(runBoot(events, { frameEvents: 10, isKnown: false }));

    expect(frames.map(({ frame }) => frame.header)).toMatchObject([
      { base: 0, first: 0, sendUptimeMs: 9_000, ackId: 0, ackUptimeMs: 9_000 },
      { base: 10, first: 10, sendUptimeMs: 19_000, ackId: 1, ackUptimeMs: 9_040 },
      { base: 20, first: 20, sendUptimeMs: 24_000, ackId: 2, ackUptimeMs: 19_040 },
    ]);
  });

  it("counts a text's definition in the frame where the text comes again", () => {
    const texts = Array.from({ length: 30 }, (_, index) =>
      eventOf(index, "%s", [index % 10 === 0 ? "a text that returns" : index]),
    );

    const run = runBoot(texts, { frameEvents: 10, isKnown: true });

    const has = run.payloads.map((payload) => Buffer.from(payload).includes("a text that returns"));
    const heads = framesOf(run).map(({ head }) => head?.definitions);
    expect(has).toEqual([true, true, false]);
    expect(heads).toMatchObject([[], [{ meaning: { text: "a text that returns" } }], []]);
  });
});

describe("check of a payload", () => {
  const body = { kind: "entries" as const, entries: [eventOf(1, "temp %d", [21])] };
  const run = runBoot(body.entries, { frameEvents: 1, isKnown: false });
  const payload = run.payloads[0] ?? new Uint8Array(0);
  const header = framesOf(run)[0]?.frame.header as FrameHeader;

  it("passes what was meant", () => {
    checkPayload(payload, { header, body }, heldDefinitions());
  });

  it("throws where an event is another", () => {
    const other = { ...body, entries: [eventOf(1, "temp %d", [22])] };

    expect(() => checkPayload(payload, { header, body: other }, heldDefinitions())).toThrow(
      "Cannot trust the frame of seq 0",
    );
  });

  it("throws where a byte is damaged", () => {
    const damaged = payload.slice(0, -1);

    expect(() => checkPayload(damaged, { header, body }, heldDefinitions())).toThrow(
      "Cannot decode the frame of seq 0",
    );
  });
});
