import { describe, expect, it } from "vitest";
import { createBodyWriter } from "../../shared/codec/body-writer.ts";
import { decodeFrame } from "../../shared/codec/decode.ts";
import { decodeAck, encodeAck } from "../../shared/codec/downlink.ts";
import { addEntry, encodeFrame, encodeSealed } from "../../shared/codec/encode.ts";
import type { SealedBody } from "../../shared/codec/sealed-body.ts";
import { createTable } from "../../shared/codec/table.ts";
import { dropReasons, type Entry, levels } from "../../shared/event.ts";
import type { Frame } from "../../shared/frame.ts";
import { frameLimitBytes } from "../../shared/limits.ts";
import { bytesOf, type Device, goldens } from "./golden-files.ts";

const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

const oneOff = (count: number): Entry => ({
  kind: "event",
  uptimeMs: 0,
  site: { level: "info", tag: "", format: `once ${count}` },
  values: [],
});

/** The frame as a device sends it that did what the file says before. */
const encodeAfter = ({ sites, texts, dictionary, before }: Device, frame: Frame): Uint8Array => {
  if (frame.body.kind === "tombstone") throw new Error("a tombstone needs no device");
  const table = createTable({ sites, texts }, dictionary);
  const writer = createBodyWriter(table);
  const seal = (entries: Entry[]): SealedBody => {
    for (const entry of entries) addEntry(writer, entry, frameLimitBytes);
    return writer.seal();
  };
  for (const step of before) {
    if ("entries" in step) seal(step.entries);
    else if ("oneOffs" in step) {
      for (let count = 0; count < step.oneOffs; count++) {
        seal([oneOff(count)]);
        table.settle(count + 1);
        table.acked(table.assigned());
      }
    } else {
      table.settle(step.next);
      table.acked(step.definitions);
    }
  }
  return encodeSealed(frame.header, seal(frame.body.entries), table);
};

describe("golden frames", () => {
  const frames = goldens.flatMap(({ framed, ...golden }) =>
    framed ? [{ ...golden, ...framed }] : [],
  );

  it.each(frames)("decode to what the file says: $name", ({ held, frame, head, ...golden }) => {
    const meanings = new Map(held.map(({ number, meaning }) => [number, meaning]));

    const decoded = decodeFrame(bytesOf(golden), (number) => meanings.get(number));

    expect(decoded).toStrictEqual({ ok: true, frame, head });
  });

  it.each(frames)("encode to the same bytes: $name", ({ hex, frame, device }) => {
    const bytes = device ? encodeAfter(device, frame) : encodeFrame(frame);

    expect(hexOf(bytes)).toBe(hex);
  });

  it("show every level, every drop reason and every kind of definition", () => {
    const text = JSON.stringify(frames);

    const kinds = ["site", "text", "dictionary"];
    for (const name of [...levels, ...dropReasons, ...kinds]) expect(text).toContain(`"${name}"`);
  });

  it("show the same entries behind other headers where a frame is sent again", () => {
    const hexOfFrame = (name: string): string =>
      frames.find((golden) => golden.name === name)?.hex ?? "none";
    const sendings = ["frame-next", "frame-next-resent", "frame-next-store-lost"].map(hexOfFrame);

    const entries = sendings.map((hex) => hex.slice(-52));

    expect(new Set(sendings).size).toBe(3);
    expect(new Set(entries).size).toBe(1);
  });
});

describe("golden acks", () => {
  const acks = goldens.flatMap(({ ack, ...golden }) => (ack ? [{ ...golden, ack }] : []));

  it.each(acks)("decode to what the file says: $name", (golden) => {
    expect(decodeAck(bytesOf(golden))).toStrictEqual({ ok: true, ack: golden.ack });
  });

  it.each(acks)("encode to the same bytes: $name", (golden) => {
    expect(hexOf(encodeAck(golden.ack))).toBe(golden.hex);
  });
});

describe("golden faults", () => {
  const faults = goldens.flatMap(({ fault, ...golden }) => (fault ? [{ ...golden, fault }] : []));

  it.each(faults)("are refused as the file says: $name", (golden) => {
    expect(decodeFrame(bytesOf(golden))).toMatchObject({ ok: false, ...golden.fault });
  });
});
