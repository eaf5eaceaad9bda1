import { describe, expect, it } from "vitest";
import { decodeIntent, encodeIntent } from "../../../agent/spool/intent-record.ts";
import { packStamps } from "../../../agent/spool/stamps.ts";
import { bootOf } from "../../support/any-receipt.ts";

const stampsAt = (...epochMs: number[]) =>
  packStamps(epochMs.map((each) => ({ epochMs: each, errorMs: 1, quality: "synced" })));

describe("record of an intent", () => {
  it("gives the intent back as it was, whatever its names", () => {
    const intent = {
      lane: "g:s é",
      group: "g",
      stream: "s é",
      runs: [
        { device: "pump", boot: bootOf(1), from: 3, end: 6, stamps: stampsAt(5, 6, 7) },
        { device: "door", boot: bootOf(2), from: 0, end: 0, stamps: stampsAt() },
        { device: "door", boot: bootOf(3), from: 9, end: 10, stamps: stampsAt(8) },
      ],
    };

    expect(decodeIntent(encodeIntent(intent))).toEqual(intent);
  });
});
