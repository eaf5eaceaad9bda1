import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createPacketGuard } from "../../../../agent/intake/broker/packet-guard.ts";

/** A packet of a type's first byte and of `bytes` bytes after its head. */
const packetOf = (type: number, bytes: number): Buffer => {
  const head = [type];
  for (let rest = bytes; head.length === 1 || rest > 0; rest >>= 7) {
    head.push((rest & 127) | (rest > 127 ? 128 : 0));
  }
  return Buffer.concat([Buffer.from(head), Buffer.alloc(bytes, 0xff)]);
};

const connectPacket = packetOf(0x10, 18);
const publishOf = (bytes: number): Buffer => packetOf(0x30, bytes);

describe("packet guard", () => {
  it("lets packets of any allowed size pass, however the stream is cut", () => {
    const anySizes = fc.array(fc.integer({ min: 0, max: 70_000 }), { maxLength: 4 });
    const anyCuts = fc.array(fc.integer({ min: 1, max: 9_000 }), { minLength: 1, maxLength: 9 });
    const law = fc.property(anySizes, anyCuts, (sizes, cuts) => {
      const stream = Buffer.concat([connectPacket, ...sizes.map(publishOf)]);
      const isAllowed = createPacketGuard();
      const verdicts: boolean[] = [];

      for (let from = 0, cut = 0; from < stream.length; cut++) {
        const to = from + (cuts[cut % cuts.length] as number);
        verdicts.push(isAllowed(stream.subarray(from, to)));
        from = to;
      }

      expect(verdicts).not.toContain(false);
    });

    fc.assert(law, { numRuns: 50 });
  });

  it("stops at the head of a packet that is too large, wherever it stands", () => {
    const head = publishOf(131_073).subarray(0, 4);
    const stream = Buffer.concat([connectPacket, publishOf(100), head]);
    const isAllowed = createPacketGuard();

    const verdicts = [...stream].map((byte) => isAllowed(Uint8Array.of(byte)));

    expect(verdicts.indexOf(false)).toBe(stream.length - 1);
  });

  it("stops at a length of more than four bytes", () => {
    const isAllowed = createPacketGuard();

    const verdict = isAllowed(Uint8Array.of(0x10, 0x80, 0x80, 0x80, 0x80));

    expect(verdict).toBe(false);
  });

  it("allows no more than 4 kB before the first packet has passed", () => {
    const isAllowed = createPacketGuard();

    const verdict = isAllowed(packetOf(0x10, 4_097));

    expect(verdict).toBe(false);
  });
});
