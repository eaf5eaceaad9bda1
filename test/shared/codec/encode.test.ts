import { describe, expect, it } from "vitest";
import { decodeFrame } from "../../../shared/codec/decode.ts";
import {
  createBodyWriter,
  encodeFrame,
  encodeSealed,
  type SealedBody,
  sealTombstone,
} from "../../../shared/codec/encode.ts";
import type { Entry, LogEvent, Site, Value } from "../../../shared/event.ts";
import type { Body, FrameHeader } from "../../../shared/frame.ts";

const headerOf = (count: number): FrameHeader => ({
  boot: { nonce: 1, number: 0 },
  base: 0,
  first: 0,
  count,
  sendUptimeMs: 500,
  ackId: 0,
  ackUptimeMs: 500,
});

const bodyOf = (sealed: SealedBody): Body => {
  const decoded = decodeFrame(encodeSealed(headerOf(sealed.count), sealed));
  if (!decoded.ok) throw new Error(decoded.reason);
  return decoded.frame.body;
};

const site: Site = { level: "info", tag: "", format: "temp %d" };

const eventOf = (uptimeMs: number, values: Value[] = [], at: Site = site): LogEvent => ({
  kind: "event",
  uptimeMs,
  site: at,
  values,
});

const uptimesOf = (entries: Entry[]): number[] => {
  const writer = createBodyWriter();
  for (const entry of entries) writer.add(entry, 1_000);
  const body = bodyOf(writer.seal());
  return body.kind === "entries" ? body.entries.map((entry) => entry.uptimeMs) : [];
};

describe("body writer", () => {
  it("counts what was added, and how long it is", () => {
    const writer = createBodyWriter();

    writer.add(eventOf(1, [2]), 1_000);
    writer.add({ kind: "end", uptimeMs: 3 }, 1_000);

    expect(writer.count()).toBe(2);
    expect(writer.length()).toBe(writer.seal().bytes.length);
  });

  it("names a site once", () => {
    const writer = createBodyWriter();
    writer.add(eventOf(0, [1]), 1_000);
    const definedBytes = writer.length();

    writer.add(eventOf(0, [1]), 1_000);

    expect(writer.length() - definedBytes).toBe(5);
  });

  it("adds nothing that exceeds the limit", () => {
    const writer = createBodyWriter();
    writer.add(eventOf(1, [1]), 100);
    const lengthBytes = writer.length();

    const isAdded = writer.add(eventOf(2, ["x".repeat(100)]), 100);

    expect(isAdded).toBe(false);
    expect(writer.count()).toBe(1);
    expect(writer.length()).toBe(lengthBytes);
    expect(bodyOf(writer.seal())).toEqual({ kind: "entries", entries: [eventOf(1, [1])] });
  });

  it("defines a site anew where the event that would have done so was refused", () => {
    const writer = createBodyWriter();
    writer.add(eventOf(1, ["x".repeat(100)]), 50);

    writer.add(eventOf(1, [1]), 50);

    expect(bodyOf(writer.seal())).toEqual({ kind: "entries", entries: [eventOf(1, [1])] });
  });

  it("stays whole where the engine throws in the middle of an event", () => {
    const writer = createBodyWriter();
    const broken = { json: undefined } as unknown as Value;
    writer.add(eventOf(1, [1]), 1_000);

    expect(() => writer.add(eventOf(2, [2, broken], { ...site, tag: "new" }), 1_000)).toThrow();
    writer.add(eventOf(3, [3]), 1_000);

    const entries = [eventOf(1, [1]), eventOf(3, [3])];
    expect(bodyOf(writer.seal())).toEqual({ kind: "entries", entries });
  });

  it("seals nothing of an event in which the engine threw", () => {
    const writer = createBodyWriter();
    const broken = { json: undefined } as unknown as Value;
    writer.add(eventOf(1, [1]), 1_000);

    expect(() => writer.add(eventOf(2, [broken]), 1_000)).toThrow();

    expect(bodyOf(writer.seal())).toEqual({ kind: "entries", entries: [eventOf(1, [1])] });
  });

  it("begins anew after sealing", () => {
    const writer = createBodyWriter();
    writer.add(eventOf(900, [1]), 1_000);
    writer.seal();

    writer.add(eventOf(950, [1]), 1_000);

    expect(bodyOf(writer.seal())).toEqual({ kind: "entries", entries: [eventOf(950, [1])] });
  });

  it("keeps apart sites whose tag and format run together alike", () => {
    const sites: Site[] = [
      { level: "info", tag: "a\nb", format: "c" },
      { level: "info", tag: "a", format: "b\nc" },
      { level: "info", tag: "1 a", format: "b" },
      { level: "info", tag: "1", format: " ab" },
    ];
    const writer = createBodyWriter();

    for (const at of sites) writer.add(eventOf(1, [], at), 1_000);

    const body = bodyOf(writer.seal());
    expect(body).toEqual({ kind: "entries", entries: sites.map((at) => eventOf(1, [], at)) });
  });

  it("lets no uptime fall below the one before", () => {
    expect(uptimesOf([eventOf(10), eventOf(5), eventOf(12)])).toEqual([10, 10, 12]);
  });

  it("cuts fractions off uptimes without adding up what it cut", () => {
    expect(uptimesOf([eventOf(0.9), eventOf(1.8), eventOf(2.7)])).toEqual([0, 1, 2]);
  });

  it("stays readable where an uptime is none", () => {
    const uptimes = [eventOf(-5), eventOf(Number.NaN), eventOf(7), eventOf(Infinity), eventOf(8)];

    expect(uptimesOf(uptimes)).toEqual([0, 0, 7, 2 ** 53 - 1, 2 ** 53 - 1]);
  });
});

describe("tombstone", () => {
  it("stands for seqs with the uptime of the first, and what was lost with them", () => {
    const drops = [{ level: "info" as const, reason: "outbox_full" as const, count: 49 }];

    const sealed = sealTombstone(50, drops, 1_234);

    expect(sealed.count).toBe(50);
    expect(bodyOf(sealed)).toEqual({ kind: "tombstone", uptimeMs: 1_234, drops });
  });
});

describe("encodeFrame", () => {
  it("takes an ack from the future for one of now", () => {
    const header = { ...headerOf(1), ackId: 4, ackUptimeMs: 900 };

    const bytes = encodeFrame({ header, body: { kind: "entries", entries: [eventOf(1)] } });

    expect(decodeFrame(bytes)).toMatchObject({
      ok: true,
      frame: { header: { ackId: 4, ackUptimeMs: 500 } },
    });
  });
});
