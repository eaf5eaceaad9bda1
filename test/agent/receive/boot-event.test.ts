import { describe, expect, it } from "vitest";
import { heldFromIn } from "../../../agent/receive/boot-event.ts";
import { encodeFrame } from "../../../shared/codec/encode.ts";
import type { Entry, Value } from "../../../shared/event.ts";
import { brokenBody, countedBoot, headerOf, uncountedBoot } from "../../support/any-receipt.ts";
import { bootEvent, entriesBody, seqEvent } from "../../support/flash-device.ts";

const boot = countedBoot(7);

const heldFrom = (entries: Entry[], first = 0, of = boot) => {
  const header = headerOf(of, first, entries.length);
  return heldFromIn(encodeFrame({ header, body: entriesBody(entries) }), header);
};

const eventWith = (values: Value[]): Entry => ({ ...bootEvent(boot, 3), values }) as Entry;

describe("boot event", () => {
  it("says from which boot on flash holds anything", () => {
    expect(heldFrom([bootEvent(boot, 3), seqEvent(1, 5)])).toBe(3);
    expect(heldFrom([bootEvent(boot, 7)])).toBe(7);
  });

  it("says nothing of a boot that no flash counts", () => {
    expect(heldFrom([bootEvent(uncountedBoot(5), 0)], 0, uncountedBoot(5))).toBeUndefined();
  });

  it("is the first of its boot", () => {
    expect(heldFrom([bootEvent(boot, 3)], 1)).toBeUndefined();
    expect(heldFrom([seqEvent(0, 0), bootEvent(boot, 3)])).toBeUndefined();
    expect(heldFrom([{ kind: "end", uptimeMs: 0 }])).toBeUndefined();
  });

  it("is not believed where its number is none of an earlier boot", () => {
    const claims = [0, 8, -1, 2.5, "3", null].map((claim) =>
      heldFrom([eventWith([7, "power", "1.0.0", claim])]),
    );

    expect(claims).toEqual(claims.map(() => undefined));
    expect(heldFrom([eventWith([7])])).toBeUndefined();
  });

  it("is not looked for in what cannot be read, or is no event", () => {
    const header = headerOf(boot, 0, 2);
    const tombstone = encodeFrame({ header, body: { kind: "tombstone", uptimeMs: 0, drops: [] } });

    expect(heldFromIn(brokenBody(header), header)).toBeUndefined();
    expect(heldFromIn(tombstone, header)).toBeUndefined();
  });
});
