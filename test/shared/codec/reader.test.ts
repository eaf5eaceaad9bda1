import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createReader, type Reader } from "../../../shared/codec/reader.ts";
import { createWriter } from "../../../shared/codec/writer.ts";
import { anyNumber, maxInteger } from "../../support/any-frame.ts";

const readerOf = (hex: string): Reader => createReader(Buffer.from(hex, "hex"), 0);

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
        const writer = createWriter();
        writer.zigzag(value);

        expect(createReader(writer.bytes(), 0).zigzag()).toBe(value);
      }),
    );
  });

  it("reads back every double, bit by bit", () => {
    fc.assert(
      fc.property(anyNumber(), (value) => {
        const writer = createWriter();
        writer.double(value);

        expect(Object.is(createReader(writer.bytes(), 0).double(), value)).toBe(true);
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

  it("refuses a block that is longer than the rest", () => {
    const reader = readerOf("ffffffffffffff0f00");

    expect(reader.block()).toEqual({ from: 0, to: 0 });
    expect(reader.fault()).toEqual({
      offset: 8,
      reason: `ends too early, bytes missing: ${maxInteger - 1}`,
    });
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
