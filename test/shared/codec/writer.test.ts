import { describe, expect, it } from "vitest";
import { createWriter, type Writer } from "../../../shared/codec/writer.ts";

const hexOf = (write: (writer: Writer) => void): string => {
  const writer = createWriter();
  write(writer);
  return Buffer.from(writer.bytes()).toString("hex");
};

describe("writer", () => {
  it.each([
    [0, "00"],
    [127, "7f"],
    [128, "8001"],
    [16_384, "808001"],
    [2 ** 32, "8080808010"],
    [2 ** 53 - 1, "ffffffffffffff0f"],
  ])("writes the varint %d as %s", (value, hex) => {
    expect(hexOf((writer) => writer.varint(value))).toBe(hex);
  });

  it.each([
    [-5, "00"],
    [Number.NaN, "00"],
    [2.9, "02"],
    [300.7, "ac02"],
    [2 ** 53, "ffffffffffffff0f"],
    [Number.POSITIVE_INFINITY, "ffffffffffffff0f"],
  ])("writes what is no varint, %d, as the nearest one", (value, hex) => {
    expect(hexOf((writer) => writer.varint(value))).toBe(hex);
  });

  it.each([
    [0, "00"],
    [-1, "01"],
    [1, "02"],
    [63, "7e"],
    [-64, "7f"],
    [64, "8001"],
    [-65, "8101"],
    [2 ** 53 - 1, "feffffffffffff1f"],
    [1 - 2 ** 53, "fdffffffffffff1f"],
  ])("writes the signed number %d as %s", (value, hex) => {
    expect(hexOf((writer) => writer.zigzag(value))).toBe(hex);
  });

  it("writes 32 bits lowest byte first", () => {
    expect(hexOf((writer) => writer.uint32(0xdeadbeef))).toBe("efbeadde");
  });

  it("writes doubles lowest byte first", () => {
    expect(hexOf((writer) => writer.double(-2))).toBe("00000000000000c0");
  });

  it("writes a block's length before its bytes", () => {
    expect(hexOf((writer) => writer.block(new Uint8Array([7, 8, 9])))).toBe("03070809");
  });

  it("writes the characters of a byte text", () => {
    expect(hexOf((writer) => writer.text("a\xff"))).toBe("61ff");
  });

  it("grows with a text", () => {
    const writer = createWriter();

    writer.text("x".repeat(1_000));

    expect(Buffer.from(writer.bytes()).toString()).toBe("x".repeat(1_000));
  });

  it("grows with what is written", () => {
    const writer = createWriter();
    const bytes = new Uint8Array(100_000).fill(5);

    writer.byte(1);
    writer.raw(bytes);

    expect(writer.length()).toBe(100_001);
    expect(Buffer.compare(writer.bytes().slice(1), bytes)).toBe(0);
  });

  it("forgets what lies beyond a truncation", () => {
    const hex = hexOf((writer) => {
      writer.raw(new Uint8Array([1, 2, 3, 4]));
      writer.truncate(1);
      writer.byte(9);
    });

    expect(hex).toBe("0109");
  });

  it("gives a copy that later writing leaves alone", () => {
    const writer = createWriter();
    writer.byte(1);

    const bytes = writer.bytes();
    writer.truncate(0);
    writer.byte(2);

    expect(bytes).toEqual(new Uint8Array([1]));
  });

  it("gives no bytes where nothing was written", () => {
    expect(hexOf(() => {})).toBe("");
  });
});
