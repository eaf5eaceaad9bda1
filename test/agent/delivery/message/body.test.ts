import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createBodyText } from "../../../../agent/delivery/message/body.ts";
import { anyText } from "../../../support/any-frame.ts";

const parsed = (bytes: Uint8Array) => JSON.parse(Buffer.from(bytes).toString());

describe("body of a call", () => {
  it("names the stream, whatever its name, and holds the events in their order", () => {
    const body = createBodyText();
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.array(anyText()), (stream, texts) => {
        body.begin({ group: "g", stream });
        for (const message of texts) body.add(JSON.stringify({ timestamp: 1, message }));

        expect(parsed(body.end())).toEqual({
          logGroupName: "g",
          logStreamName: stream,
          logEvents: texts.map((message) => ({ timestamp: 1, message })),
        });
      }),
    );
  });

  it("grows as it must, and is not changed by the next one", () => {
    const body = createBodyText();
    const large = JSON.stringify({ message: "é".repeat(1_000_000) });
    body.begin({ group: "g", stream: "first" });
    for (let count = 0; count < 3; count++) body.add(large);
    const first = body.end();

    body.begin({ group: "g", stream: "second" });
    body.add("{}");
    const second = body.end();

    expect(parsed(first)).toMatchObject({ logStreamName: "first", logEvents: { length: 3 } });
    expect(parsed(second)).toEqual({ logGroupName: "g", logStreamName: "second", logEvents: [{}] });
  });
});
