import { describe, expect, it } from "vitest";
import { createBodyWriter } from "../../../shared/codec/body-writer.ts";
import { decodeFrame, decodeHead } from "../../../shared/codec/decode.ts";
import { encodeSealed } from "../../../shared/codec/encode.ts";
import { createTable } from "../../../shared/codec/table.ts";
import { heldDefinitions } from "../../support/held-definitions.ts";
import { type Outcome, runLossyBoots } from "../../support/lossy-boots.ts";

const scenarios = 2_000;

describe("frames of a boot", () => {
  it("are read as they were logged, whatever is lost, doubled or reordered", () => {
    const total = { read: 0, unready: 0, outdated: 0, replaced: 0, forgets: 0 };
    const broken: { seed: number; faults: string[] }[] = [];

    for (let seed = 0; seed < scenarios; seed++) {
      const outcome: Outcome = runLossyBoots(seed);
      for (const key of Object.keys(total) as (keyof typeof total)[]) total[key] += outcome[key];
      if (outcome.faults.length > 0) broken.push({ seed, faults: outcome.faults });
    }

    expect(broken.slice(0, 3)).toEqual([]);
    for (const count of Object.values(total)) expect(count).toBeGreaterThan(0);
  });

  it("may be void to a new store where they come late and the former store had acked them", () => {
    const table = createTable({ sites: 1, texts: 0 }, undefined);
    const writer = createBodyWriter(table);
    const send = (first: number, format: string, base: number): Uint8Array => {
      writer.event(1, "", format, [], first, 1_000);
      const place = { boot: { nonce: 1, number: 0 }, first, base, count: 1 };
      const header = { ...place, sendUptimeMs: first, ackId: 0, ackUptimeMs: first };
      return encodeSealed(header, writer.seal(), table);
    };
    const newStore = heldDefinitions();
    send(0, "a", 0);
    table.acked(1);
    const late = send(1, "a", 1);
    table.settle(2);
    table.acked(0);
    const next = decodeHead(send(2, "b", 2));
    const lateHead = decodeHead(late);

    const isNextReady = next.ok && newStore.take(next.head);
    const isLateReady = lateHead.ok && newStore.take(lateHead.head);

    expect([isNextReady, isLateReady]).toEqual([true, true]);
    expect(decodeFrame(late, newStore.lookup)).toMatchObject({ ok: false, fault: "body" });
    expect(next.ok && lateHead.ok && lateHead.header.first < next.header.base).toBe(true);
  });
});
