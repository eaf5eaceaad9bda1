import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createReader, type Reader } from "../../../shared/codec/reader.ts";
import { createWriter } from "../../../shared/codec/writer.ts";
import { anyNumber, maxInteger } from "../../support/any-frame.ts";

const readerOf = (hex: string): Reader => createReader(Buffer.from(hex, "hex"), 0);

/** 7 bits a byte, lowest first; 0, -1, 1, -2, ... as 0, 1, 2, 3, ... */
const zigzagged = (value: bigint): Uint8Array => {
  const bytes: number[] = [];
  let rest = value < 0n ? -2n * value - 1n : 2n * value;
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) + 128);
  return new Uint8Array([...bytes, Number(rest)]);
};

describe("reader", () => {
  it("reads back every varint", () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (value) => {
        const writer = createWriter();
        writer.varint(value);

        const reader = createReader(writer.bytes(), 0);

        expect(reader.varint()).toBe(value);
        expect(reader.isAtEnd()).toBe(true);
      }),
    );
  });

  it("reads back every signed integer", () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (value) => {
        const bytes = zigzagged(BigInt(value));

        expect(createReader(bytes, 0).zigzag()).toBe(value);
      }),
    );
  });

  it("reads back every double, bit by bit", () => {
    fc.assert(
      fc.property(anyNumber(), (value) => {
        const bytes = Buffer.alloc(8);
        bytes.writeDoubleLE(value);

        expect(Object.is(createReader(bytes, 0).double(), value)).toBe(true);
      }),
    );
  });

  it("reads 32 bits without a sign", () => {
    expect(readerOf("efbeadde").uint32()).toBe(0xdeadbeef);
  });

  it("reads a double out of the middle of a larger buffer", () => {
    const whole = Buffer.from("ffff000000000000f83fffff", "hex");

    const reader = createReader(whole.subarray(2, 10), 0);

    expect(reader.double()).toBe(1.5);
  });

  it("takes a varint with needless zeros", () => {
    expect(readerOf("858000").varint()).toBe(5);
  });

  it.each([
    ["ffffffffffffff10", "number above 2^53 - 1"],
    ["808080808080808001", "number longer than 8 bytes"],
    ["8080", "ends too early, bytes missing: 1"],
  ])("refuses the varint %s: %s", (hex, reason) => {
    const reader = readerOf(hex);

    expect(reader.varint()).toBe(0);
    expect(reader.fault()?.reason).toBe(reason);
  });

  it("reads bytes as a text of a character each, and says whether all are ASCII", () => {
    const reader = readerOf("6869c3bf80");

    const texts = [2, 2, 1, 0].map((length) => [reader.text(length), reader.isPlain()]);

    expect(texts).toEqual([
      ["hi", true],
      ["\u00c3\u00bf", false],
      ["\u0080", false],
      ["", true],
    ]);
  });

  it.each([1_023, 1_024, 1_025, 65_536])("reads a text of %i characters", (length) => {
    const bytes = Uint8Array.from({ length }, (_, index) => index % 251);

    const text = createReader(bytes, 0).text(length);

    expect(Buffer.from(text, "latin1").equals(bytes)).toBe(true);
  });

  it("gives a copy of bytes", () => {
    const bytes = new Uint8Array([1, 2, 3]);
    const copy = createReader(bytes, 1).bytes(2);

    bytes.fill(9);

    expect(copy).toEqual(new Uint8Array([2, 3]));
  });

  it.each([
    ["text", (reader: Reader) => reader.text(maxInteger), ""],
    ["bytes", (reader: Reader) => reader.bytes(maxInteger), new Uint8Array(0)],
  ])("refuses a %s that is longer than the rest", (_what, read, nothing) => {
    const reader = readerOf("00");

    expect(read(reader)).toEqual(nothing);
    expect(reader.fault()).toEqual({
      offset: 0,
      reason: `ends too early, bytes missing: ${maxInteger - 1}`,
    });
  });

  it.each([
    ["00", 0],
    ["ef", 239],
    ["f000", 240],
    ["feff", 4_079],
    ["fff01f", 4_080],
    ["ffffffffffffffff0f", maxInteger],
  ])("reads the number %s: %i", (hex, number) => {
    const reader = readerOf(hex);

    expect(reader.number()).toBe(number);
    expect(reader.isAtEnd()).toBe(true);
  });

  it("reads 4 bytes as a number", () => {
    expect(readerOf("000000bf").single()).toBe(-0.5);
  });

  it("answers 0 after a fault, and keeps the first", () => {
    const reader = readerOf("010203");

    reader.byte();
    reader.fail("not this one", 0);
    reader.fail("nor that one", 1);

    expect(reader.fault()).toEqual({ offset: 0, reason: "not this one" });
    expect([reader.byte(), reader.uint32(), reader.double(), reader.zigzag()]).toEqual([
      0, 0, 0, 0,
    ]);
    expect(reader.isAtEnd()).toBe(true);
  });
});
