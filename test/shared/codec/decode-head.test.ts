import { describe, expect, it } from "vitest";
import { readHead } from "../../../shared/codec/decode-head.ts";
import { createReader, type ReadFault } from "../../../shared/codec/reader.ts";
import type { FrameHead } from "../../../shared/definition.ts";

const read = (hex: string): { head: FrameHead; fault: ReadFault | null } => {
  const bytes = Buffer.from(hex.replaceAll(" ", ""), "hex");
  const reader = createReader(bytes, 0);
  return { head: readHead(reader), fault: reader.fault() };
};

const ff = (count: number): string => "ff".repeat(count);

describe("head of a body", () => {
  it("is a number where there is nothing to define", () => {
    expect(read("0e")).toEqual({ head: { needs: 7, settled: 7, definitions: [] }, fault: null });
  });

  it("can settle without defining", () => {
    const { head } = read("0f 05 00");

    expect(head).toEqual({ needs: 7, settled: 12, definitions: [] });
  });

  it("numbers definitions by their distances", () => {
    const { head } = read("0f 09 03 00 11 02 61 04 16 04 6f6b 80 01 11 02 62");

    expect(head.definitions.map(({ number }) => number)).toEqual([7, 12, 141]);
  });

  it("reads sites of each level, metrics, texts and a dictionary", () => {
    const kinds = ["10", "11", "12", "13", "14", "15", "16", "17"];
    const definitions = kinds.map((kind) => `00 ${kind} 02 61`);

    const { head } = read(`01 08 08 ${definitions.join("")}`);

    const meanings = head.definitions.map(({ meaning }) => meaning);
    expect(meanings.map(({ kind }) => kind)).toEqual([
      ...new Array<string>(6).fill("site"),
      "text",
      "dictionary",
    ]);
    expect(meanings.map((meaning) => "site" in meaning && meaning.site.level)).toEqual([
      "debug",
      "info",
      "warn",
      "error",
      "fatal",
      "info",
      false,
      false,
    ]);
  });

  it("takes the tag of the definition before, also over one without a tag", () => {
    const { head } = read("01 03 03 00 01 02 7467 02 61 00 16 02 62 00 11 02 63");

    const tags = head.definitions.map(({ meaning }) => "site" in meaning && meaning.site.tag);
    expect(tags).toEqual(["tg", false, "tg"]);
  });

  it("takes the beginning of a text before, counted in bytes", () => {
    const { head } = read("01 02 02 00 01 00 06 c3a978 00 11 03 01 02 79");

    const formats = head.definitions.map(({ meaning }) => "site" in meaning && meaning.site.format);
    expect(formats).toEqual(["éx", "éy"]);
  });

  it("counts values in the flags up to 6, else behind them", () => {
    const { head } = read("01 02 02 00 d1 00 00 f1 ac02 00");

    const counts = head.definitions.map(({ meaning }) => "site" in meaning && meaning.valueCount);
    expect(counts).toEqual([6, 300]);
  });

  it("says what a definition replaces", () => {
    const { head } = read("0f 01 01 00 19 02 00");

    expect(head.definitions[0]).toMatchObject({ number: 7, replaces: 4 });
  });

  it("keeps the UTF-8 of texts, for values may begin with a part of it", () => {
    const { head } = read("01 01 01 00 16 04 c3a9");

    expect(head.definitions[0]?.meaning).toEqual({ kind: "text", text: "\u00c3\u00a9" });
  });

  it.each([
    ["01 00 01 00 19 00 00", "a definition that replaces none"],
    ["0f 00 01 00 19 07 00", "a definition that replaces none"],
    ["01 00 01 00 11 03 01 01", "no 1 bytes to begin with"],
    ["01 00 01 00 11 03 00 00", "no 0 bytes to begin with"],
    ["01 00 02 00 11 02 61 00 11 03 01 02 61", "no 2 bytes to begin with"],
    ["01 00 02 00 11 02 61 00 11 03 02 01 61", "no 1 bytes to begin with"],
    ["01 ffffffffffffff0f 00", null],
    ["03 ffffffffffffff0f 00", "number above 2^53 - 1"],
    ["03 00 01 ffffffffffffff0f 11 00", "number above 2^53 - 1"],
    ["01 00 01", "ends too early, bytes missing: 1"],
  ])("judges %s: %s", (hex, reason) => {
    expect(read(hex).fault?.reason ?? null).toBe(reason);
  });

  it.each([
    [
      "a tag that is repeated",
      `01 00 ff7f 00 01 8080 01 ${ff(16_384)} 00 ${"00 11 00".repeat(16_382)}`,
    ],
    [
      "a text that is repeated",
      `01 00 ff7f 00 01 00 fe03 ${ff(255)} ${"00 11 01 01 ff".repeat(12_000)}`,
    ],
  ])("refuses %s to more than 1,048,576 characters in all", (_what, hex) => {
    const { head, fault } = read(hex);

    expect(fault?.reason).toBe("definitions of more than 1048576 characters");
    expect(head.definitions.length).toBeLessThan(5_000);
  });
});
