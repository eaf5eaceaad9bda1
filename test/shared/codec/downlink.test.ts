import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeAck, encodeAck } from "../../../shared/codec/downlink.ts";
import { anyAck, anyDamage } from "../../support/any-frame.ts";

const ack = {
  storeId: 0xcafe0001,
  ackId: 7,
  boot: { nonce: 0x12345678, number: 3 },
  next: 350,
  definitions: 0,
  epochMs: 1_790_000_000_000,
  busyMs: 0,
};

const commanding = {
  ...ack,
  command: { id: 4, kind: 0, remainingMs: 600_000, value: 1, tag: "wifi" },
};

describe("ack", () => {
  it("comes back as it was", () => {
    fc.assert(
      fc.property(anyAck(), (any) => {
        expect(decodeAck(encodeAck(any))).toStrictEqual({ ok: true, ack: any });
      }),
    );
  });

  it.each([ack, commanding])("is refused wherever it is cut off", (whole) => {
    const bytes = encodeAck(whole);

    for (let length = 0; length < bytes.length; length++) {
      expect(decodeAck(bytes.slice(0, length)).ok).toBe(false);
    }
  });

  it.each([ack, commanding])("ignores bytes of a later version after its last field", (whole) => {
    const longer = new Uint8Array([...encodeAck(whole), 1, 2, 255]);

    expect(decodeAck(longer)).toStrictEqual({ ok: true, ack: whole });
  });

  it("brings a command of a kind that is not known here", () => {
    const command = { ...commanding.command, kind: 200, tag: "" };

    expect(decodeAck(encodeAck({ ...ack, command }))).toMatchObject({ ok: true, ack: { command } });
  });

  it("is refused with a tag of more than 64 bytes", () => {
    const command = { ...commanding.command, tag: "t".repeat(65) };

    expect(decodeAck(encodeAck({ ...ack, command }))).toMatchObject({ ok: false });
  });

  it("is refused with a number above 2^53 - 1", () => {
    const bytes = Buffer.from("b00100feca7856341200ffffffffffffff10000000", "hex");

    expect(decodeAck(bytes)).toMatchObject({ ok: false, reason: "damaged ack" });
  });

  it("has no number of more than 8 bytes, zeros included", () => {
    const before = [0xb0, 1, 0, 0, 0, 1, 0, 0, 0];
    const zeros = (count: number): number[] => [...Array<number>(count - 1).fill(0x80), 0];
    const after = [1, 1, 1, 1, 1];

    expect(decodeAck(new Uint8Array([...before, ...zeros(8), ...after]))).toMatchObject({
      ok: true,
      ack: { boot: { number: 0 } },
    });
    expect(decodeAck(new Uint8Array([...before, ...zeros(9), ...after])).ok).toBe(false);
    expect(decodeAck(new Uint8Array([0xb1, ...Array<number>(200).fill(0x80)])).ok).toBe(false);
  });

  it("is refused without its mark", () => {
    expect(decodeAck(new Uint8Array([0xa0, 1, 2]))).toEqual({
      ok: false,
      offset: 0,
      reason: "no ack",
    });
  });

  it("never makes the decoder throw, whatever the bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(() => decodeAck(new Uint8Array([0xb1, ...bytes]))).not.toThrow();
        expect(() => decodeAck(new Uint8Array([0xb0, ...bytes]))).not.toThrow();
        expect(() => decodeAck(bytes)).not.toThrow();
      }),
    );
  });

  it("holds only safe integers after any damage that still reads", () => {
    const anyDamaged = anyAck().chain((any) => anyDamage(encodeAck(any)));

    fc.assert(
      fc.property(anyDamaged, (bytes) => {
        const decoded = decodeAck(bytes);
        const { boot, command, ...numbers } = decoded.ok ? decoded.ack : { boot: {} };
        const { tag = "", ...more } = command ?? {};
        const all = [numbers, boot, more].flatMap((part): number[] => Object.values(part));

        expect(all.every(Number.isSafeInteger)).toBe(true);
        expect(tag.length).toBeLessThanOrEqual(64);
      }),
    );
  });
});
