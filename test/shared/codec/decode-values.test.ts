import { describe, expect, it } from "vitest";
import { createValueReader } from "../../../shared/codec/decode-values.ts";
import { createReader, type ReadFault } from "../../../shared/codec/reader.ts";
import type { Value } from "../../../shared/event.ts";

interface Read {
  values: Value[];
  fault: ReadFault | null;
}

/** Values one after another, as of one event; texts 0 and 1 are defined. */
const readAll = (hex: string, ...before: Value[]): Read => {
  const reader = createReader(Buffer.from(hex.replaceAll(" ", ""), "hex"), 0);
  const valueReader = createValueReader(
    reader,
    (number) => ["inlet", "\u00c3\u00a9t\u00c3\u00a9"][number] ?? "",
  );
  const values: Value[] = [];
  while (!reader.isAtEnd()) values.push(valueReader.read(before[values.length]));
  return { values, fault: reader.fault() };
};

const valuesOf = (hex: string, ...before: Value[]): Value[] => {
  const { values, fault } = readAll(hex, ...before);
  expect(fault).toBeNull();
  return values;
};

describe("values", () => {
  it.each([
    ["00", 0],
    ["3f", -32],
    ["40 00", 32],
    ["6f ff", -6_176],
    ["70 00 00", 6_176],
    ["7f ff ff", -530_464],
    ["80 00 00 00", 530_464],
    ["83 ff ff ff", -34_084_896],
    ["84 00 00 00 00", 34_084_896],
    ["85 ff ff ff ff", -4_329_052_192],
    ["86 fe ff ff ff ff ff ff 1f", 2 ** 53 - 1],
    ["86 fd ff ff ff ff ff ff 1f", 1 - 2 ** 53],
  ])("are integers: %s is %i", (hex, value) => {
    expect(valuesOf(hex)).toEqual([value]);
  });

  it.each<[string, Value, Value]>([
    ["an integer", 1_000, 1_001],
    ["2^53 - 2", 2 ** 53 - 2, 2 ** 53 - 1],
    ["-0", -0, 1],
    ["a decimal, in its places", 21.5, 21.6],
    ["a decimal, to an integer", 21.9, 22],
    ["what is no decimal, from 0", 1 / 3, 1],
    ["what is beyond 2^53 - 1, from 0", 2 ** 53, 1],
    ["infinity, from 0", Number.POSITIVE_INFINITY, 1],
    ["NaN, from 0", Number.NaN, 1],
    ["a text, from 0", "5", 1],
    ["null, from 0", null, 1],
    ["true, from 0", true, 1],
  ])("differ by one from %s", (_what, before, value) => {
    expect(valuesOf("02", before)).toEqual([value]);
  });

  it("gives back 0, not -0, from a difference that ends there", () => {
    const values = [valuesOf("00", -0), valuesOf("09", 0.5), valuesOf("0a", -0.5)].flat();

    expect(values).toEqual([0, 0, 0]);
  });

  it.each<[string, Value]>([
    ["88", null],
    ["89", false],
    ["8a", true],
    ["8b 9a9999999999b93f", 0.1],
    ["8b 000000000000f87f", Number.NaN],
    ["8b 0100000000000000", 5e-324],
    ["8c 00000080", -0],
    ["8c 0000807f", Number.POSITIVE_INFINITY],
    ["8d 0b", -0.6],
    ["92 02", 0.000001],
    ["93 00", new Uint8Array(0)],
    ["93 02 00ff", new Uint8Array([0, 255])],
    ["94 02 5b5d", { json: "[]" }],
    ["94 04 22c3a9 22", { json: '"é"' }],
    ["95 00", "inlet"],
    ["95 01", "été"],
    ["c6", ""],
    ["c8 c3a9", "é"],
    ["c7 ff", "\\xff"],
    ["ff 03 616263", "abc"],
  ])("are of every kind: %s", (hex, value) => {
    expect(valuesOf(hex)).toStrictEqual([value]);
  });

  it("are near the last integer of 65,536 or more, however it came", () => {
    expect(valuesOf("80 000000 87 02 00 87 02")).toEqual([530_464, 530_465, 0, 530_466]);
    expect(valuesOf("87 0a")).toEqual([5]);
    expect(valuesOf("86 feff07 87 02 86 80 80 08 87 02")).toEqual([65_535, 1, 65_536, 65_537]);
  });

  it("come again by their place among texts and long integers", () => {
    expect(valuesOf("c9 616263 70 0000 96 97")).toEqual(["abc", 6_176, "abc", 6_176]);
  });

  it("remember a text that comes in full, by number or by its beginning", () => {
    expect(valuesOf("95 00 ae 02 01 78 97 c8 c3a9 98")).toEqual(["inlet", "inx", "inx", "é", "é"]);
  });

  it("remember no short difference, empty or long text, JSON or bytes", () => {
    const long = `ff 41 ${"78".repeat(65)}`;

    const { fault } = readAll(`40 00 c6 ${long} 94 02 5b5d 93 01 00 96`);

    expect(fault?.reason).toBe("nothing is remembered at 0");
  });

  it("remember 24: one more takes the place of the first", () => {
    const texts = Array.from({ length: 25 }, (_, at) => `c7 ${(0x61 + at).toString(16)}`).join("");

    expect(valuesOf(`${texts} 96 97 ad`).slice(25)).toEqual(["y", "b", "x"]);
  });

  it("begin within a character where the bytes do", () => {
    expect(valuesOf("c9 c3a978 ae 01 01 aa")).toEqual(["éx", "ê"]);
  });

  it.each([
    ["96", "nothing is remembered at 0"],
    ["c7 61 ad", "nothing is remembered at 23"],
    ["ae 00 00", "no text to begin with at 0"],
    ["70 0000 ae 00 00", "no text to begin with at 0"],
    ["c7 61 ae 02 00", "no text to begin with at 0"],
    ["86 feffffffffffff1f 87 02", "integer beyond 2^53 - 1"],
    ["86 fdffffffffffff1f 87 01", "integer beyond 2^53 - 1"],
    ["86 ffffffffffffff1f", "integer beyond 2^53 - 1"],
    ["8b 0000", "ends too early, bytes missing: 6"],
    ["ca 6161", "ends too early, bytes missing: 2"],
  ])("are refused as %s: %s", (hex, reason) => {
    expect(readAll(hex).fault?.reason).toBe(reason);
  });
});
