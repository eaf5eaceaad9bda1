import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createReader } from "../../../shared/codec/reader.ts";
import { readValue, writeValue } from "../../../shared/codec/value.ts";
import { createWriter } from "../../../shared/codec/writer.ts";
import type { Value } from "../../../shared/event.ts";
import { anyValue } from "../../support/any-frame.ts";

const bytesOf = (value: Value): Uint8Array => {
  const writer = createWriter();
  writeValue(writer, value);
  return writer.bytes();
};

const roundTrip = (value: Value): Value => {
  const bytes = bytesOf(value);
  return readValue(createReader(bytes, 0), bytes);
};

describe("value", () => {
  it("comes back as it was, whatever it is", () => {
    fc.assert(
      fc.property(anyValue(), (value) => {
        expect(roundTrip(value)).toStrictEqual(value);
      }),
    );
  });

  it.each([
    2 ** 53 - 1,
    1 - 2 ** 53,
    2 ** 53,
    -(2 ** 53),
    -0,
    0,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    Number.MIN_VALUE,
    Number.MAX_VALUE,
    2 ** -1022 - Number.MIN_VALUE,
    1e-7,
    0.1 + 0.2,
  ])("keeps %d exactly", (value) => {
    expect(Object.is(roundTrip(value), value)).toBe(true);
  });

  it("takes two bytes for a small integer", () => {
    expect(bytesOf(-64)).toHaveLength(2);
  });

  it("keeps a text of 64 KiB", () => {
    const text = "x".repeat(65_536);

    expect(roundTrip(text)).toBe(text);
  });

  it("keeps what is empty", () => {
    const empty = ["", new Uint8Array(0), { json: "" }];

    expect(empty.map(roundTrip)).toStrictEqual(empty);
  });

  it("gives bytes of its own, not a view of the frame", () => {
    const frame = Buffer.from([6, 2, 1, 2]);

    const value = readValue(createReader(frame, 0), frame);
    frame.fill(0xff);

    expect(value).toStrictEqual(new Uint8Array([1, 2]));
  });

  it("refuses a kind it does not know", () => {
    const reader = createReader(new Uint8Array([8]), 0);

    readValue(reader, new Uint8Array([8]));

    expect(reader.fault()).toEqual({ offset: 0, reason: "value of unknown kind 8" });
  });
});
