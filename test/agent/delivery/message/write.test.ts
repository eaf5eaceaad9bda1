import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bodyOf, createWriter, messagesOf } from "../../../../agent/delivery/message/write.ts";
import type { IntentStamp } from "../../../../agent/spool/spool.ts";
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
    const write = createWriter(form);
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

    expect(createWriter("json")(entry)).toHaveLength(3);
  });

  it("begin with what is told besides", () => {
    const entry = entryAt(0, 0, { event: eventOf("on", []), told });

    const written = createWriter("json")(entry).map(({ json }) => JSON.parse(json).message);

    expect(written.map((message) => JSON.parse(message))).toMatchObject([
      { event: "dropped", count: 2 },
      { message: "on" },
    ]);
  });

  it("have the origin of their own boot", () => {
    const write = createWriter("json");

    const seen = ["pump", "door", "pump"].map((device) =>
      JSON.parse(JSON.parse(write(entryAt(0, 0, { device }))[0]?.json ?? "").message),
    );

    expect(seen.map(({ device }) => device)).toEqual(["pump", "door", "pump"]);
  });

  it("make a body that names the stream, whatever its name", () => {
    const entry = entryAt(7, 0, { event: eventOf('say "%s"', ['"é"\n']) });
    const target = { group: "g", stream: 'a"b\\é' };

    const body = bodyOf(target, [createWriter("json")(entry)[0]?.json ?? ""]);

    const params = JSON.parse(Buffer.from(body).toString());
    expect(params).toMatchObject({ logGroupName: "g", logStreamName: 'a"b\\é' });
    expect(JSON.parse(params.logEvents[0].message)).toMatchObject({ message: 'say ""é"\n"' });
  });
});
