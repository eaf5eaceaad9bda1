import { describe, expect, it } from "vitest";
import { decodeBoot, encodeBoot } from "../../../agent/spool/boot-record.ts";
import type { BootRecord } from "../../../agent/spool/spool.ts";
import { bootOf } from "../../support/any-receipt.ts";

const boundsOf = (count: number) =>
  Array.from({ length: count }, (_, index) => {
    return { uptimeMs: index * 1_000, epochMs: 1_764_000_000_000.123 + index };
  });

const record: BootRecord = {
  device: "pump",
  boot: bootOf(3),
  cursor: 2 ** 52,
  definitions: 12,
  dictionary: "0123456789abcdef",
  order: 2,
  isEnded: false,
  heldFrom: 1,
  clock: {
    ackCeiling: 300,
    segments: [
      { afterUptimeMs: -1, notBefore: [], notAfter: boundsOf(1), roundTripMs: null },
      { afterUptimeMs: 7, notBefore: boundsOf(12), notAfter: boundsOf(5), roundTripMs: 4.5 },
    ],
  },
};

describe("record of a boot", () => {
  it("is read as it was written, to the last bit of its bounds", () => {
    expect(decodeBoot(encodeBoot(record))).toEqual(record);
  });

  it("is read where it lies in a larger buffer", () => {
    const bytes = encodeBoot(record);
    const larger = new Uint8Array(bytes.length + 9);
    larger.set(bytes, 5);

    expect(decodeBoot(larger.subarray(5, 5 + bytes.length))).toEqual(record);
  });
});
