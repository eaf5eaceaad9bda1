import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readHead } from "../../../shared/codec/decode-head.ts";
import { commonBytes, writeHead } from "../../../shared/codec/head.ts";
import { bodyFormats } from "../../../shared/codec/header.ts";
import { createReader } from "../../../shared/codec/reader.ts";
import type { SealedBody } from "../../../shared/codec/sealed-body.ts";
import { createTable, type Table } from "../../../shared/codec/table.ts";
import { createWriter } from "../../../shared/codec/writer.ts";
import type { FrameHead } from "../../../shared/definition.ts";
import type { Site } from "../../../shared/event.ts";
import { anyText } from "../../support/any-frame.ts";
import { siteMeaning } from "../../support/site-meaning.ts";

/** A table with a site for each format, used by the entry of the same number. */
const tableOf = (formats: string[]): Table => {
  const table = createTable({ sites: formats.length, texts: 0 }, undefined);
  for (const [seq, format] of formats.entries()) table.site(siteMeaning(1, 0, "", format), seq);
  return table;
};

const bodyOf = (used: string, spareBytes = 60_000): SealedBody => ({
  format: bodyFormats.entries,
  count: 1,
  bytes: new Uint8Array(0),
  used,
  spareBytes,
});

const headOf = (table: Table, used: number[], base: number): FrameHead => {
  const writer = createWriter();
  writeHead(writer, table, bodyOf(String.fromCharCode(...used)), base);
  const reader = createReader(writer.bytes(), 0);
  const head = readHead(reader);
  expect(reader.fault()).toBeNull();
  expect(reader.isAtEnd()).toBe(true);
  return head;
};

const numbersOf = (head: FrameHead): number[] => head.definitions.map(({ number }) => number);

describe("head", () => {
  it("is one byte where the agent holds all there is", () => {
    const table = tableOf(["a", "b"]);
    table.acked(2);
    const writer = createWriter();

    writeHead(writer, table, bodyOf("\0\x01"), 0);

    expect(writer.bytes()).toEqual(new Uint8Array([4]));
  });

  it("brings what its entries use and the agent does not hold", () => {
    const table = tableOf(["a", "b", "c", "d"]);
    table.acked(1);

    const head = headOf(table, [0, 1, 3], 0);

    expect(head).toMatchObject({ needs: 1, settled: 2 });
    expect(numbersOf(head)).toEqual([1, 3]);
  });

  it("settles all where it brings all", () => {
    const head = headOf(tableOf(["a", "b", "c"]), [0, 1, 2], 0);

    expect(head).toMatchObject({ needs: 0, settled: 3 });
  });

  it("always brings the first definition until it is held", () => {
    const head = headOf(tableOf(["a", "b"]), [1], 0);

    expect(numbersOf(head)).toEqual([0, 1]);
  });

  it("takes along 8 definitions at most that no held frame uses", () => {
    const formats = Array.from({ length: 12 }, (_, at) => `format ${at}`);

    const head = headOf(tableOf(formats), [], 12);

    expect(numbersOf(head)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(head.settled).toBe(8);
  });

  it("brings back all where the agent holds less than it did", () => {
    const table = tableOf(["a", "b"]);
    table.acked(2);
    table.acked(0);

    const head = headOf(table, [0, 1], 0);

    expect(head).toMatchObject({ needs: 0, settled: 2 });
    expect(numbersOf(head)).toEqual([0, 1]);
  });

  it("says nothing of numbers that are void, but settles them", () => {
    const table = tableOf(["a", "b"]);
    table.settle(2);
    table.site(siteMeaning(1, 0, "", "c"), 2);

    const head = headOf(table, [0, 1], 2);

    expect(head).toMatchObject({ needs: 0, settled: 3 });
    expect(head.definitions.map(({ number, replaces }) => [number, replaces])).toEqual([
      [1, -1],
      [2, 0],
    ]);
  });

  it("brings back any tag and format as it was", () => {
    const anySites = fc.array(fc.tuple(anyText(), anyText(), fc.nat({ max: 254 })), {
      minLength: 1,
      maxLength: 20,
    });

    fc.assert(
      fc.property(anySites, (sites) => {
        const table = createTable({ sites: sites.length, texts: 0 }, undefined);
        for (const [tag, format, count] of sites) table.site(siteMeaning(4, count, tag, format), 0);

        const { definitions } = headOf(table, [...sites.keys()], 0);

        const unique = new Map(sites.map((site) => [JSON.stringify(site), site]));
        const meanings = [...unique.values()].map(([tag, format, valueCount]) => {
          const site: Site = { level: "fatal", tag, format };
          return { kind: "site", site, valueCount };
        });
        expect(definitions.map(({ meaning }) => meaning)).toEqual(meanings);
      }),
    );
  });
});

describe("commonBytes", () => {
  it.each([
    ["", "", 0],
    ["abc", "", 0],
    ["abc", "abd", 2],
    ["abc", "abcd", 3],
    ["x".repeat(63), "x".repeat(63), 63],
    ["x".repeat(80), "x".repeat(80), 63],
  ])("finds how %j and %j begin alike: %i", (left, right, common) => {
    expect(commonBytes(left, right)).toBe(common);
  });

  it("finds what counting finds", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.string(), (start, left, right) => {
        const one = start + left;
        const other = start + right;
        let common = 0;
        while (common < 63 && common < one.length && one[common] === other[common]) common++;

        expect(commonBytes(one, other)).toBe(common);
      }),
    );
  });
});
