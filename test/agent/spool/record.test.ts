import { describe, expect, it } from "vitest";
import { decodeStored, encodeStored } from "../../../agent/spool/record.ts";
import { newFrame } from "../../support/any-receipt.ts";

const flipped = (record: Uint8Array, offset: number): Uint8Array =>
  record.map((byte, index) => (index === offset ? byte ^ 1 : byte));

describe("record of a stored frame", () => {
  it("is read as it was written", () => {
    const frame = newFrame("pump", 3, { lane: "a" });
    const record = encodeStored(frame);

    const { bytes, ...stored } = decodeStored("a", 7, record);

    const { bytes: written, ...found } = frame;
    expect(stored).toEqual({ ...found, position: 7, storedBytes: record.length });
    expect([...bytes]).toEqual([...written]);
  });

  it("keeps what few frames have", () => {
    const closes = [{ boot: { nonce: 0xffff_ffff, number: 7 }, next: 3, atMost: 9 }];
    const seldom = {
      closes,
      dictionary: "0123456789abcdef",
      asideMs: 12,
      lost: 2 ** 52,
      evicted: [{ reason: "tooOld", count: 3 }],
    };
    const frame = { ...newFrame("pump", 3, { lane: "a" }), ...seldom };

    expect(decodeStored("a", 7, encodeStored(frame))).toMatchObject(seldom);
  });

  it("tells of each byte whether the disk has changed it", () => {
    const frame = newFrame("pump", 3, { lane: "a" });
    const record = encodeStored(frame);
    const outcomes = [...record.keys()].map((offset) => {
      try {
        return decodeStored("a", 7, flipped(record, offset)).isDamaged === true;
      } catch (thrown) {
        return (thrown as { code: string }).code === "SPOOL_DAMAGED";
      }
    });

    expect(outcomes).toEqual(outcomes.map(() => true));
  });

  it.each([0, 9, 10])("refuses %i bytes", (length) => {
    const record = encodeStored(newFrame("pump", 3, { lane: "a" })).slice(0, length);

    expect(() => decodeStored("a", 7, record)).toThrow(/frame 7 of "a".*checksum is wrong/);
  });
});
