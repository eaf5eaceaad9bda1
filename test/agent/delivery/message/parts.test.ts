import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { messageLimitBytes } from "../../../../agent/cloudwatch/limits.ts";
import { cutText, partsOf } from "../../../../agent/delivery/message/parts.ts";
import { anyText } from "../../../support/any-frame.ts";

const anyWriting = () => fc.constantFrom("text" as const, "json" as const);
const isTorn = (piece: string, next: string | undefined): boolean =>
  /[\ud800-\udbff]$/.test(piece) && /^[\udc00-\udfff]/.test(next ?? "");

describe("text cut into pieces", () => {
  it("joins to the text again, whatever is in it", () => {
    fc.assert(
      fc.property(
        anyText(),
        fc.integer({ min: 6, max: 20 }),
        anyWriting(),
        (text, limit, writing) => {
          const pieces = cutText(text, limit, writing);

          expect(pieces.join("")).toBe(text);
        },
      ),
    );
  });

  it("has no piece beyond the limit, as JSON or as UTF-8", () => {
    fc.assert(
      fc.property(anyText(), fc.integer({ min: 6, max: 20 }), (text, limit) => {
        const asJson = cutText(text, limit, "json").map((piece) => JSON.stringify(piece));
        const asText = cutText(text, limit, "text");

        for (const json of asJson) expect(Buffer.byteLength(json) - 2).toBeLessThanOrEqual(limit);
        for (const piece of asText) expect(Buffer.byteLength(piece)).toBeLessThanOrEqual(limit);
      }),
    );
  });

  it("never tears a surrogate pair", () => {
    fc.assert(
      fc.property(
        anyText(),
        fc.integer({ min: 6, max: 20 }),
        anyWriting(),
        (text, limit, writing) => {
          const pieces = cutText(text, limit, writing);

          expect(pieces.some((piece, index) => isTorn(piece, pieces[index + 1]))).toBe(false);
        },
      ),
    );
  });
});

describe("parts of a message", () => {
  const wrap = (piece: string, part: string): string => `${part} ${piece}`;

  it("are the message itself where CloudWatch takes it", () => {
    const message = "é".repeat(messageLimitBytes / 2);

    const parts = partsOf(message, { text: message, writing: "text", wrap });

    expect(parts).toEqual([message]);
  });

  it("are numbered, and each is one that CloudWatch takes", () => {
    const message = "é".repeat(messageLimitBytes);

    const parts = partsOf(message, { text: message, writing: "text", wrap });

    expect(parts.map((part) => part.slice(0, 4))).toEqual(["1/3 ", "2/3 ", "3/3 "]);
    expect(Math.max(...parts.map((part) => Buffer.byteLength(part)))).toBeLessThanOrEqual(
      messageLimitBytes,
    );
  });
});
