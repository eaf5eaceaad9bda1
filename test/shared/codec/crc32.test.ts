import { crc32 as nativeCrc32 } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { crc32, textCrc32 } from "../../../shared/codec/crc32.ts";

describe("crc32", () => {
  it("gives the check value of CRC-32/ISO-HDLC", () => {
    const check = crc32(Buffer.from("123456789"));

    expect(check).toBe(0xcbf43926);
  });

  it("is 0 for no bytes", () => {
    expect(crc32(new Uint8Array(0))).toBe(0);
  });

  it("agrees with zlib on any bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(crc32(bytes)).toBe(nativeCrc32(bytes));
      }),
    );
  });
});

describe("textCrc32", () => {
  it("is the CRC-32 of a text's characters as bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(textCrc32(String.fromCharCode(...bytes))).toBe(crc32(bytes));
      }),
    );
  });

  it("counts the low 8 bits of larger characters", () => {
    expect(textCrc32("\u0141")).toBe(textCrc32("A"));
  });
});
