import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createWriter, messagesOf } from "../../../../agent/delivery/message/write.ts";
import type { IntentStamp } from "../../../../agent/spool/intent.ts";
import type { LogEvent } from "../../../../shared/event.ts";
import { entryAt } from "../../../support/any-batch.ts";
import { anySite, anyText, anyValue } from "../../../support/any-frame.ts";
import { bootOf } from "../../../support/any-receipt.ts";

const anyStamp = (): fc.Arbitrary<IntentStamp> =>
  fc
    .record({
      epochMs: fc.nat(),
      errorMs: fc.option(fc.nat({ max: 3_000 })),
      quality: fc.constantFrom("synced" as const, "estimated" as const, "placed" as const),
      trueMs: fc.option(fc.nat(), { nil: undefined }),
    })
    .map(({ trueMs, ...stamp }) => (trueMs === undefined ? stamp : { ...stamp, trueMs }));

const eventOf = (format: string, values: LogEvent["values"]): LogEvent => ({
  kind: "event",
  uptimeMs: 5,
  site: { level: "info", tag: "t", format },
  values,
});

const told = [
  {
    origin: { device: "pump", boot: bootOf(1), seq: 3, uptimeMs: null },
    notice: { level: "warn", event: "dropped", reason: "ring_full", count: 2 } as const,
  },
];

describe("written events", () => {
  it.each(["json", "text"] as const)("are the messages of any event, in form %s", (form) => {
    const { write } = createWriter(form);
    fc.assert(
      fc.property(
        anySite(),
        fc.array(fc.oneof(anyValue(), anyText()), { maxLength: 4 }),
        anyStamp(),
        fc.nat(),
        (site, values, stamp, seq) => {
          const event: LogEvent = { kind: "event", uptimeMs: 9, site, values };
          const entry = entryAt(0, seq, { event, stamp, uptimeMs: 9 });

          const written = write(entry);

          const messages = messagesOf(entry, form);
          expect(written.map(({ json }) => JSON.parse(json))).toEqual(
            messages.map((message) => ({ timestamp: stamp.epochMs, message })),
          );
          expect(written.map(({ bytes }) => bytes)).toEqual(
            messages.map((message) => Buffer.byteLength(message)),
          );
        },
      ),
      { numRuns: 500 },
    );
  });

  it("are several where one is longer than CloudWatch takes", () => {
    const entry = entryAt(0, 0, { event: eventOf("%s", ["é".repeat(900_000)]) });

    expect(createWriter("json").write(entry)).toHaveLength(3);
  });

  it("begin with what is told besides", () => {
    const entry = entryAt(0, 0, { event: eventOf("on", []), told });

    const written = createWriter("json")
      .write(entry)
      .map(({ json }) => JSON.parse(json).message);

    expect(written.map((message) => JSON.parse(message))).toMatchObject([
      { event: "dropped", count: 2 },
      { message: "on" },
    ]);
  });

  it("have the origin of their own boot", () => {
    const { write } = createWriter("json");

    const seen = ["pump", "door", "pump"].map((device) =>
      JSON.parse(JSON.parse(write(entryAt(0, 0, { device }))[0]?.json ?? "").message),
    );

    expect(seen.map(({ device }) => device)).toEqual(["pump", "door", "pump"]);
  });

  it("have the digits of any stamp", () => {
    const { write } = createWriter("json");
    const stamps = [0, 7, 999, 1_000, 1_799_999_999_999, 1_800_000_000_000, 8_640_000_000_000_000];

    const seen = stamps.map((epochMs) => JSON.parse(write(entryAt(epochMs, 0))[0]?.json ?? ""));

    expect(seen.map(({ timestamp }) => timestamp)).toEqual(stamps);
  });
});
