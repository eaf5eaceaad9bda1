import { describe, expect, it } from "vitest";
import { frameKey } from "../../../../agent/spool/keys.ts";
import {
  ownerOf,
  salvageFrames,
  type ToTell,
  tell,
} from "../../../../agent/spool/level/salvage-frames.ts";
import { encodeStored } from "../../../../agent/spool/record.ts";
import { bootOf, newFrame } from "../../../support/any-receipt.ts";
import { fakeStore } from "../../../support/fake-store.ts";

const nothingKept = { keepDamaged: () => [], write: async () => {} };

describe("salvaged frames", () => {
  it("may be doubled with all they tell, unless their first seq is known to be delivered", async () => {
    const closes = [{ boot: bootOf(9), next: 4 }];
    const evicted = [{ reason: "unreadable", count: 5 }];
    const frame = newFrame("pump", 0, { end: 2, closes, evicted });
    const { store } = fakeStore(new Map([[frameKey(frame.lane, 0), encodeStored(frame)]]));

    const whole = await salvageFrames(store, new Map(), nothingKept);
    const begun = new Map([[ownerOf(frame), { next: 1, end: 0 }]]);
    const rest = await salvageFrames(store, begun, nothingKept);

    expect(whole.counts.possiblyDuplicated).toBe(4);
    expect(rest.counts.possiblyDuplicated).toBe(1);
  });

  it("are damage to be repaired anew, where one changes while it is repaired", async () => {
    const frame = newFrame("pump", 0, { end: 2 });
    const key = frameKey(frame.lane, 0);
    const values = new Map([[key, encodeStored(frame)]]);
    const { store } = fakeStore(values);
    const { lanes, toTell } = await salvageFrames(store, new Map(), nothingKept);
    values.set(
      key,
      Uint8Array.from(encodeStored(frame), (byte, at) => (at === 12 ? ~byte : byte)),
    );

    const told = tell(store, lanes, toTell[0] as ToTell, []);

    await expect(told).rejects.toMatchObject({ code: "SPOOL_DAMAGED" });
  });
});
