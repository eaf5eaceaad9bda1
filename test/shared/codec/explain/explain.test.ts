import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createBodyWriter } from "../../../../shared/codec/body-writer.ts";
import { decodeFrame } from "../../../../shared/codec/decode.ts";
import { encodeAck } from "../../../../shared/codec/downlink.ts";
import { addEntry, encodeFrame, encodeSealed } from "../../../../shared/codec/encode.ts";
import { explainAck, explainFrame } from "../../../../shared/codec/explain/explain.ts";
import type { Field } from "../../../../shared/codec/explain/fields.ts";
import { createTable } from "../../../../shared/codec/table.ts";
import type { Entry, Value } from "../../../../shared/event.ts";
import type { Frame } from "../../../../shared/frame.ts";
import { anyAck, anyDamage, anyFrame } from "../../../support/any-frame.ts";

/** An end is the last of its boot. */
const anySendable = (): fc.Arbitrary<Frame> =>
  anyFrame().filter(
    ({ body }) =>
      body.kind === "tombstone" || body.entries.slice(0, -1).every(({ kind }) => kind !== "end"),
  );

const tile = (fields: readonly Field[], length: number): void => {
  let offset = 0;
  for (const field of fields) {
    expect(field.offset).toBe(offset);
    expect(field.length).toBeGreaterThan(0);
    offset += field.length;
  }
  expect(offset).toBe(length);
};

const inVain = ({ name }: Field): boolean => name === "unfinished" || name === "not read";

const frameOf = (entries: Entry[]): Frame => ({
  header: {
    boot: { nonce: 0x5eed0001, number: 0 },
    base: 7,
    first: 7,
    count: entries.length,
    sendUptimeMs: 9_000,
    ackId: 3,
    ackUptimeMs: 8_900,
  },
  body: { kind: "entries", entries },
});

const eventOf = (uptimeMs: number, format: string, values: Value[]): Entry => ({
  kind: "event",
  uptimeMs,
  site: { level: "warn", tag: "pump", format },
  values,
});

const linesOf = (fields: readonly Field[]): string[] =>
  fields.map(({ offset, length, name, value }) => `${offset}+${length} ${name} = ${value}`);

describe("explained frame", () => {
  it("says of each byte what it means", () => {
    const frame = frameOf([
      eventOf(1_000, "temp %d of %s", [21, "inlet"]),
      eventOf(1_005, "temp %d of %s", [22, "inlet"]),
      eventOf(1_405, "temp %d of %s", [22, "inlet"]),
      { kind: "drop", uptimeMs: 1_406, drop: { level: "info", reason: "ring_full", count: 12 } },
      { kind: "end", uptimeMs: 1_407 },
    ]);

    const { fields } = explainFrame(encodeFrame(frame));

    expect(linesOf(fields)).toEqual([
      "0+1 protocol byte = header a, body format 3",
      "1+4 nonce = 1592590337 (boot 0-5eed0001)",
      "5+1 number = 0",
      "6+1 first = 7",
      "7+1 first - base = 0 (base 7)",
      "8+1 count = 5",
      "9+2 sendUptimeMs = 9000",
      "11+1 ackId = 3",
      "12+1 sendUptimeMs - ackUptimeMs = 100 (ackUptimeMs 8900)",
      "13+1 needs = 0, definitions follow",
      "14+1 settled - needs = 1 (settled 1)",
      "15+1 definitions = 1",
      '16+2 definition 0 = site warn pump "temp %d of %s", 2 values',
      '18+5 tag = "pump"',
      '23+14 format = "temp %d of %s"',
      "37+2 uptimeMs = 1000",
      '39+1 seq 7 = warn pump "temp %d of %s": site as predicted, values given, 0 ms later',
      "40+1 value 0 = 21 (difference)",
      '41+6 value 1 = "inlet" (text)',
      '47+1 seq 8 = warn pump "temp %d of %s": site given, values given, 5 ms later',
      "48+1 site = 0",
      "49+1 changed values = 0b1, lowest first",
      "50+1 value 0 = 22 (difference)",
      '51+1 seq 9 = warn pump "temp %d of %s": site as predicted, values as before',
      "52+1 step = 400 ms",
      "53+2 seq 10 = a drop count",
      "55+1 step = 1 ms",
      "56+1 level = info",
      "57+1 reason = ring_full",
      "58+1 count = 12",
      "59+2 seq 11 = the end of the boot",
      "61+1 step = 1 ms",
    ]);
  });

  it.each<[Value[], string]>([
    [[null], "1 value 1 = null (null)"],
    [[true], "1 value 1 = true (boolean)"],
    [[-1], "1 value 1 = -1 (difference)"],
    [[100_000], "3 value 1 = 100000 (difference)"],
    [[-(2 ** 40)], "7 value 1 = -1099511627776 (integer)"],
    [[0.5], "2 value 1 = 0.5 (decimal, places: 1)"],
    [[-0], "5 value 1 = -0 (float in 4 bytes)"],
    [[Math.PI], "9 value 1 = 3.141592653589793 (double)"],
    [["one text"], '1 value 1 = "one text" (remembered at 0)'],
    [["one tent"], '5 value 1 = "one tent" (begins as remembered at 0)'],
    [["é".repeat(40)], `82 value 1 = "${"é".repeat(40)}" (text)`],
    [[new Uint8Array([1, 255])], "4 value 1 = bytes 01ff (bytes)"],
    [[{ json: "[1]" }], "5 value 1 = [1] (JSON)"],
  ])("names the form of %j", ([value = null], line) => {
    const frame = frameOf([eventOf(0, "%s", ["one text", value])]);

    const { fields } = explainFrame(encodeFrame(frame));

    const { length, name, value: said } = fields.at(-1) as Field;
    expect(`${length} ${name} = ${said}`).toBe(line);
  });

  it("says where the text of a definition begins", () => {
    const frame = frameOf([eventOf(5, "valve %d opens", []), eventOf(6, "valve %d shuts", [])]);

    const lines = linesOf(explainFrame(encodeFrame(frame)).fields);

    expect(lines.filter((line) => line.includes("shuts"))).toEqual([
      '38+2 definition 1 = site warn pump "valve %d shuts", 0 values',
      '40+8 format = "valve %d shuts", begins with 9 bytes of the text 1 before',
      '50+1 seq 8 = warn pump "valve %d shuts": site as predicted, 1 ms later',
    ]);
  });

  it("names a text that the frame defines", () => {
    const table = createTable({ sites: 1, texts: 1 }, undefined);
    const writer = createBodyWriter(table);
    const { header } = frameOf([eventOf(5, "%s", ["inlet"])]);
    addEntry(writer, eventOf(5, "%s", ["inlet"]), 1_200);
    encodeSealed(header, writer.seal(), table);
    addEntry(writer, eventOf(6, "%s", ["inlet"]), 1_200);

    const { fields } = explainFrame(encodeSealed(header, writer.seal(), table));

    const lines = linesOf(fields).filter((line) => line.includes("inlet"));
    expect(lines).toEqual([
      '26+2 definition 1 = text "inlet"',
      '28+6 text = "inlet"',
      '36+2 value 0 = "inlet" (by its definition)',
    ]);
  });

  it("keeps what was whole before a fault, and says where the rest begins", () => {
    const frame = frameOf([eventOf(5, "temp %d", [21]), eventOf(6, "mode %s", ["automatic"])]);
    const bytes = encodeFrame(frame).slice(0, -3);

    const { fault, head, body, fields } = explainFrame(bytes);

    expect(fault).toMatchObject({ fault: "body", reason: "ends too early, bytes missing: 3" });
    expect(head?.definitions).toHaveLength(2);
    expect(body).toEqual({ kind: "entries", entries: [eventOf(5, "temp %d", [21])] });
    expect(linesOf(fields).slice(-2)).toEqual([
      `${bytes.length - 8}+2 unfinished = read before the fault`,
      `${bytes.length - 6}+6 not read = 6 bytes`,
    ]);
  });

  it("shows the header of a body it does not know", () => {
    const bytes = encodeFrame(frameOf([eventOf(5, "temp %d", [21])]));
    bytes[0] = 0xa9;

    const { fault, header, body, fields } = explainFrame(bytes);

    expect(fault).toMatchObject({ fault: "format" });
    expect([header?.first, body]).toEqual([7, null]);
    expect(fields.at(-1)).toMatchObject({ name: "not read", offset: 13 });
  });

  it("names every byte of any good frame, and reads what the decoder reads", () => {
    fc.assert(
      fc.property(anySendable(), (frame) => {
        const bytes = encodeFrame(frame);

        const explained = explainFrame(bytes);

        tile(explained.fields, bytes.length);
        expect(explained.fields.filter(inVain)).toEqual([]);
        expect(explained.fault).toBeNull();
        expect({ header: explained.header, body: explained.body }).toEqual(frame);
      }),
    );
  });

  it("covers every byte of any damaged frame, and agrees with the decoder on the fault", () => {
    const damaged = anySendable().chain((frame) => anyDamage(encodeFrame(frame)));
    fc.assert(
      fc.property(damaged, (bytes) => {
        const explained = explainFrame(bytes);

        tile(explained.fields, bytes.length);
        const decoded = decodeFrame(bytes);
        expect(explained.fault).toEqual(decoded.ok ? null : decoded);
      }),
    );
  });
});

describe("explained ack", () => {
  it("names every byte of any ack", () => {
    fc.assert(
      fc.property(anyAck(), (ack) => {
        const bytes = encodeAck(ack);

        const explained = explainAck(bytes);

        tile(explained.fields, bytes.length);
        expect(explained.fields.filter(inVain)).toEqual([]);
        expect(explained).toMatchObject({ ok: true, ack });
      }),
    );
  });
});
