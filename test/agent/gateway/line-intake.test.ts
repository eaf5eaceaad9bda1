import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createLineIntake } from "../../../agent/gateway/line-intake.ts";
import { anyEdits, damage, inPieces, isPartOf, linesOf } from "../../support/damaged-line.ts";

const intake = () => {
  const seen = { messages: [] as string[], text: "", damaged: 0 };
  const take = createLineIntake({
    onMessage: (kind, payload) => seen.messages.push(`${kind} ${payload.toString("hex")}`),
    onText: (text) => {
      seen.text += text.toString("latin1");
    },
    onDamaged: () => {
      seen.damaged++;
    },
  });
  return { seen, take: (text: string) => take(Buffer.from(text, "latin1")) };
};

const frame = new Uint8Array([0xa2, 1, 0, 255]);

describe("line intake", () => {
  it("gives no wrong message, and each one whose bytes came whole", () => {
    const anyPayloads = fc.array(fc.uint8Array({ maxLength: 300 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(anyPayloads, anyEdits(), fc.array(fc.nat()), (payloads, edits, cuts) => {
        const sent = payloads.map((payload) => `u ${Buffer.from(payload).toString("hex")}`);
        const lines = payloads.map((payload) => linesOf("u", payload));
        const { text, isWhole } = damage(lines, edits);
        const { seen, take } = intake();

        for (const piece of inPieces(text, cuts)) take(piece);
        take("\n");

        expect(isPartOf(seen.messages, sent)).toBe(true);
        const whole = sent.filter((_, index) => isWhole[index]);
        expect(isPartOf(whole, seen.messages)).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  it("passes on what is nobody's message, byte by byte", () => {
    const { seen, take } = intake();

    take("started\r\n~ home\n");
    take(linesOf("u", frame));
    take("caf\xc3\xa9, 5 ~ 6; 7\n");

    expect(seen).toEqual({
      messages: ["u a20100ff"],
      text: "started\r\n~ home\ncaf\xc3\xa9, 5 ~ 6; 7\n",
      damaged: 0,
    });
  });

  it("finds a message behind a prompt, and after one that lost its end", () => {
    const { seen, take } = intake();

    take(`>${linesOf("u", frame)}`);
    take(linesOf("u", frame).trimEnd() + linesOf("s", frame));

    expect(seen.messages).toEqual(["u a20100ff", "u a20100ff", "s a20100ff"]);
    expect(seen.text).toBe(">\n");
  });

  it("counts a damaged line, and does not show it", () => {
    const { seen, take } = intake();

    take(linesOf("u", frame).replace("ogEA", "ogEB"));

    expect(seen).toEqual({ messages: [], text: "", damaged: 1 });
  });

  it("gives out a line without an end before it grows", () => {
    const { seen, take } = intake();

    for (let count = 0; count < 100; count++) take("x".repeat(100));

    expect(seen.text.length).toBeGreaterThan(5_000);
    take(`\n${linesOf("u", frame)}`);
    expect(seen.messages).toEqual(["u a20100ff"]);
  });
});
