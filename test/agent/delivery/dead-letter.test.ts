import { describe, expect, it } from "vitest";
import { lettersOf } from "../../../agent/delivery/dead-letter.ts";
import type { IntentStamp } from "../../../agent/spool/intent.ts";
import { batchOf, entryAt } from "../../support/any-batch.ts";
import { bootOf } from "../../support/any-receipt.ts";

const refused = (epochMs: number, changes: Partial<IntentStamp> = {}) => ({
  stamp: { epochMs, errorMs: 1, quality: "synced" as const, refused: "tooOld", ...changes },
});

describe("dead letters of a batch", () => {
  it("hold refused events by device and reason, with their true stamps and where they belong", () => {
    const batch = batchOf([
      entryAt(0, 0, refused(5)),
      entryAt(0, 1, refused(90, { trueMs: 6 })),
      entryAt(0, 0, { ...refused(7), device: "door" }),
      entryAt(8, 2),
    ]);

    const letters = lettersOf(batch, "json", 1_000);

    expect(letters).toEqual([
      {
        device: "pump",
        reason: "tooOld",
        epochMs: 1_000,
        target: { group: "g", stream: "s" },
        content: [
          { timestamp: 5, message: expect.stringContaining('"seq":0,') },
          { timestamp: 6, message: expect.stringContaining('"seq":1,') },
        ],
      },
      expect.objectContaining({ device: "door" }),
    ]);
  });

  it("leave out the events of an entry that were accepted", () => {
    const told = ["a", "b"].map((reason) => ({
      origin: { device: "pump", boot: bootOf(1), seq: 0, uptimeMs: null },
      notice: { level: "warn", event: "dropped", reason } as const,
    }));
    const batch = batchOf([entryAt(0, 0, { ...refused(5, { accepted: 1 }), told, event: null })]);

    const letters = lettersOf(batch, "json", 1_000);

    expect(letters).toMatchObject([
      { content: [{ message: expect.stringContaining('"reason":"b"') }] },
    ]);
  });

  it("hold the bytes that could not be read", () => {
    const entry = entryAt(0, 0, { unreadable: "bad at byte 3" });

    const letters = lettersOf(batchOf([entry]), "json", 1_000);

    expect(letters).toEqual([
      {
        device: "pump",
        reason: "bad at byte 3",
        epochMs: 1_000,
        content: { base64: Buffer.from(entry.frame.bytes).toString("base64") },
      },
    ]);
  });
});
