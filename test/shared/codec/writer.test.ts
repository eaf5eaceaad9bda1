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

  it("writes 32 bits lowest byte first", () => {
    expect(hexOf((writer) => writer.uint32(0xdeadbeef))).toBe("efbeadde");
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

    expect(writer.bytes()).toHaveLength(100_001);
    expect(Buffer.compare(writer.bytes().slice(1), bytes)).toBe(0);
  });

  it("gives a copy that later writing leaves alone", () => {
    const writer = createWriter();
    writer.byte(1);

    const bytes = writer.bytes();
    writer.byte(2);

    expect(bytes).toEqual(new Uint8Array([1]));
    expect(writer.bytes()).toEqual(new Uint8Array([1, 2]));
  });

  it("gives no bytes where nothing was written", () => {
    expect(hexOf(() => {})).toBe("");
  });
});
