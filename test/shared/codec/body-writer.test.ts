import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type BodyWriter, createBodyWriter } from "../../../shared/codec/body-writer.ts";
import { decodeFrame } from "../../../shared/codec/decode.ts";
import { addEntry, encodeSealed } from "../../../shared/codec/encode.ts";
import type { SealedBody } from "../../../shared/codec/sealed-body.ts";
import { createTable, type Table } from "../../../shared/codec/table.ts";
import type { Entry, LogEvent, Site, Value } from "../../../shared/event.ts";
import { anyValue } from "../../support/any-frame.ts";

const site: Site = { level: "info", tag: "", format: "temp %d" };

const eventOf = (uptimeMs: number, values: Value[] = [], at: Site = site): LogEvent => ({
  kind: "event",
  uptimeMs,
  site: at,
  values,
});

const tableOf = (sites = 8, texts = 4): Table => createTable({ sites, texts }, undefined);

const entriesOf = (sealed: SealedBody, table: Table): Entry[] => {
  const place = { boot: { nonce: 1, number: 0 }, base: 0, first: 0, count: sealed.count };
  const header = { ...place, sendUptimeMs: 500, ackId: 0, ackUptimeMs: 500 };
  const decoded = decodeFrame(encodeSealed(header, sealed, table));
  if (!decoded.ok) throw new Error(decoded.reason);
  const { body } = decoded.frame;
  return body.kind === "entries" ? body.entries : [];
};

/** A writer whose one site came already, so that its definition counts no more. */
const writerWithSite = (): { table: Table; writer: BodyWriter } => {
  const table = tableOf();
  const writer = createBodyWriter(table);
  addEntry(writer, eventOf(0, [1]), 1_000);
  table.acked(1);
  return { table, writer };
};

const broken = { json: undefined } as unknown as Value;

describe("body writer", () => {
  it("counts entries and bytes", () => {
    const table = tableOf();
    const writer = createBodyWriter(table);
    addEntry(writer, eventOf(1, [2]), 1_000);
    writer.seal();
    table.acked(1);

    addEntry(writer, eventOf(1, [2]), 1_000);
    writer.end(3, 1_000);

    expect(writer.count()).toBe(2);
    expect(writer.length()).toBe(writer.seal().bytes.length);
  });

  it("counts the bytes of definitions that must travel with it", () => {
    const long: Site = { ...site, format: "x".repeat(200) };
    const { writer } = writerWithSite();
    const before = writer.length();

    addEntry(writer, eventOf(1, [], long), 1_000);

    expect(writer.length() - before).toBeGreaterThan(200);
  });

  it("takes one byte for an event as predicted", () => {
    const { writer } = writerWithSite();
    addEntry(writer, eventOf(5, [1]), 1_000);
    const before = writer.length();

    addEntry(writer, eventOf(52, [1]), 1_000);

    expect(writer.length() - before).toBe(1);
  });

  it("adds nothing that exceeds the limit, and nothing after that", () => {
    const table = tableOf();
    const writer = createBodyWriter(table);
    addEntry(writer, eventOf(1, [1]), 100);

    const isAdded = addEntry(writer, eventOf(2, ["x".repeat(100)]), 100);
    const isNextAdded = addEntry(writer, eventOf(3, [3]), 100);

    expect([isAdded, isNextAdded]).toEqual([false, false]);
    expect(entriesOf(writer.seal(), table)).toEqual([eventOf(1, [1])]);
  });

  it("takes a small event after one that was too large for an empty body", () => {
    const table = tableOf();
    const writer = createBodyWriter(table);
    addEntry(writer, eventOf(1, ["x".repeat(100)]), 50);

    addEntry(writer, eventOf(1, [1]), 50);

    expect(entriesOf(writer.seal(), table)).toEqual([eventOf(1, [1])]);
  });

  it("never exceeds its limit, whatever the limit", () => {
    fc.assert(
      fc.property(fc.array(anyValue(), { maxLength: 9 }), fc.nat({ max: 200 }), (values, limit) => {
        const table = tableOf();
        const writer = createBodyWriter(table);

        const added = values.filter((value, index) =>
          addEntry(writer, eventOf(index, [value]), limit),
        );

        expect(writer.count()).toBe(added.length);
        expect(writer.seal().bytes.length).toBeLessThanOrEqual(limit);
      }),
    );
  });

  it.each([[[2, broken]], [[broken]]])(
    "seals nothing of an event in which the engine threw: %j",
    (values) => {
      const table = tableOf();
      const writer = createBodyWriter(table);
      addEntry(writer, eventOf(1, [1]), 1_000);

      expect(() => addEntry(writer, eventOf(2, values), 1_000)).toThrow();

      expect(addEntry(writer, eventOf(3, [3]), 1_000)).toBe(false);
      expect(entriesOf(writer.seal(), table)).toEqual([eventOf(1, [1])]);
    },
  );

  it("begins anew after sealing", () => {
    const table = tableOf();
    const writer = createBodyWriter(table);
    addEntry(writer, eventOf(900, [1, "inlet"]), 1_000);
    writer.seal();

    addEntry(writer, eventOf(950, [1, "inlet"]), 1_000);

    expect(entriesOf(writer.seal(), table)).toEqual([eventOf(950, [1, "inlet"])]);
  });

  it("takes nothing after the end of the boot", () => {
    const table = tableOf();
    const writer = createBodyWriter(table);
    writer.end(5, 1_000);

    const isAdded = addEntry(writer, eventOf(6), 1_000);

    expect(isAdded).toBe(false);
    expect(entriesOf(writer.seal(), table)).toEqual([{ kind: "end", uptimeMs: 5 }]);
  });

  it("keeps apart sites whose parts run together alike", () => {
    const sites: Site[] = [
      { level: "info", tag: "a\nb", format: "c" },
      { level: "info", tag: "a", format: "b\nc" },
      { level: "info", tag: "ab", format: "c" },
      { level: "info", tag: "a", format: "bc" },
      { level: "info", tag: "", format: "abc" },
      { level: "info", tag: "", format: "abc", isMetric: true },
    ];
    const table = tableOf();
    const writer = createBodyWriter(table);

    for (const at of sites) addEntry(writer, eventOf(1, [], at), 1_000);

    expect(entriesOf(writer.seal(), table)).toEqual(sites.map((at) => eventOf(1, [], at)));
  });

  it("keeps apart sites by how many values they have", () => {
    const events = [[], [1], [1, 2], [1], []].map((values) => eventOf(1, values));
    const table = tableOf();
    const writer = createBodyWriter(table);

    for (const event of events) addEntry(writer, event, 1_000);

    expect(entriesOf(writer.seal(), table)).toEqual(events);
    expect(table.assigned()).toBe(3);
  });

  it("gives no place to a site with more than 254 values or 1,021 characters", () => {
    const table = tableOf();
    const writer = createBodyWriter(table);
    const events = [
      eventOf(1, new Array<Value>(255).fill(0)),
      eventOf(1, [], { level: "warn", tag: "t".repeat(5), format: "x".repeat(1_017) }),
    ];

    for (const event of events) addEntry(writer, event, 2_000);

    expect(table.assigned()).toBe(0);
    expect(entriesOf(writer.seal(), table)).toEqual(events);
  });

  it("says which places a body uses", () => {
    const table = tableOf();
    const writer = createBodyWriter(table);
    for (const format of ["a", "b", "a"])
      addEntry(writer, eventOf(1, [], { ...site, format }), 500);
    const first = writer.seal();
    addEntry(writer, eventOf(1, [], { ...site, format: "b" }), 500);

    const second = writer.seal();

    expect([first.used, second.used]).toEqual(["\0\x01", "\x01"]);
  });

  it("reads back any two values that follow one another at a site", () => {
    fc.assert(
      fc.property(fc.array(anyValue(), { minLength: 2, maxLength: 8 }), (values) => {
        const table = tableOf();
        const writer = createBodyWriter(table);

        for (const value of values) addEntry(writer, eventOf(1, [value]), 9_000);

        const events = values.map((value) => eventOf(1, [value]));
        expect(entriesOf(writer.seal(), table)).toStrictEqual(events);
      }),
      { numRuns: 500 },
    );
  });
});
