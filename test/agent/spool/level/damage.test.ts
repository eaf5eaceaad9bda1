import { mkdir, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ClassicLevel } from "classic-level";
import { describe, expect, it, onTestFinished } from "vitest";
import { createSession } from "../../../../agent/session.ts";
import { bootKey, frameKey } from "../../../../agent/spool/keys.ts";
import { noteDamage } from "../../../../agent/spool/level/damage.ts";
import { createLevelSpool } from "../../../../agent/spool/level/level-spool.ts";
import type { Salvaged } from "../../../../agent/spool/level/salvage.ts";
import type { Spool } from "../../../../agent/spool/spool.ts";
import {
  bootOf,
  headerOf,
  newFrame,
  recordOf,
  uncountedBoot,
} from "../../../support/any-receipt.ts";
import { anyLimits } from "../../../support/fake-spool.ts";
import { scratchDirectory } from "../../../support/local-endpoint.ts";
import { append, everything, settlementOf } from "../../../support/opened-spool.ts";
import { count } from "../../../support/system.ts";

interface Opened {
  spool: Spool;
  troubles: string[];
  salvaged: Salvaged[];
}

const open = async (directory: string): Promise<Opened> => {
  const troubles: string[] = [];
  const salvaged: Salvaged[] = [];
  const spool = await createLevelSpool({
    ...anyLimits,
    limitBytes: 1_073_741_824,
    directory,
    onTrouble: (message) => troubles.push(message),
    onSalvaged: (result) => salvaged.push(result),
  });
  onTestFinished(() => spool.close());
  return { spool, troubles, salvaged };
};

const frames = 60;

/** Frames with a hundred seqs each; 100 KiB more than a block of the log. */
const appendAll = async (spool: Spool): Promise<void> => {
  for (const place of count(frames)) {
    const frame = newFrame("pump", place * 100, {
      end: place * 100 + 100,
      bytes: Buffer.alloc(4_000, `${place}`),
    });
    const isNewDevice = place === 0;
    await spool.append(frame, recordOf(frame), { isNewDevice, forget: [] });
  }
};

interface Filled {
  directory: string;
  storeId: number;
}

/** A store with frames, of which `delivered` are gone again; in tables where it was opened twice. */
const fill = async ({ delivered = 0, isInTables = false } = {}): Promise<Filled> => {
  const directory = join(await scratchDirectory(), "spool");
  const { spool } = await open(directory);
  await appendAll(spool);
  const waiting = await spool.read("g:pump", everything);
  await spool.settle(settlementOf("g:pump", waiting.slice(0, delivered)));
  await spool.close();
  if (isInTables) await (await open(directory)).spool.close();
  return { directory, storeId: spool.storeId };
};

const fileOf = async (directory: string, pattern: RegExp): Promise<string> => {
  const sizes = await Promise.all(
    (await readdir(directory))
      .filter((name) => pattern.test(name))
      .map(async (name) => ({ name, size: (await readFile(join(directory, name))).length })),
  );
  const [largest] = sizes.sort((left, right) => right.size - left.size);
  return join(directory, largest?.name ?? "none");
};

const flip = async (file: string, share: number): Promise<void> => {
  const bytes = await readFile(file);
  const at = Math.floor(bytes.length * share);
  bytes.writeUInt8(bytes.readUInt8(at) ^ 0x10, at);
  await writeFile(file, bytes);
};

/** Seqs that frames hold or count as lost, from the first to the last. */
const accounted = async (spool: Spool): Promise<{ held: number; lost: number }> => {
  const waiting = await spool.read("g:pump", everything);
  const held = waiting.reduce((sum, { from, end }) => sum + end - from, 0);
  return { held, lost: waiting.reduce((sum, { lost }) => sum + lost, 0) };
};

const allSeqs = frames * 100;

describe("a spool whose log was damaged", () => {
  it.each([0.1, 0.3, 0.5, 0.7])("is repaired at %d, and tells what is lost", async (share) => {
    const { directory, storeId } = await fill();
    await flip(await fileOf(directory, /\.log$/), share);

    const { spool, troubles, salvaged } = await open(directory);

    const { held, lost } = await accounted(spool);
    const [boot] = await spool.boots("pump");
    expect(troubles).toEqual([expect.stringMatching(/^Repaired spool ".*log cannot be read at/)]);
    expect(spool.storeId).not.toBe(storeId);
    expect(held).toBeGreaterThan(0);
    expect(held + lost).toBe(boot?.cursor);
    expect(lost).toBeGreaterThan(0);
    expect(salvaged).toMatchObject([{ lost, possiblyDuplicated: held }]);
    expect(spool.usage()).toMatchObject({ frames: held / 100, devices: 1 });
    expect(boot).toMatchObject({ definitions: 0 });
  });

  it("is repaired once, and as it was before", async () => {
    const { directory } = await fill();
    await flip(await fileOf(directory, /\.log$/), 0.5);
    const { spool: repaired } = await open(directory);
    const before = await accounted(repaired);
    await repaired.close();

    const { spool, troubles } = await open(directory);

    expect(troubles).toEqual([]);
    expect(spool.storeId).toBe(repaired.storeId);
    expect(await accounted(spool)).toEqual(before);
  });

  it("is taken as it is where its end is torn, as a crash leaves it", async () => {
    const { directory, storeId } = await fill();
    const log = await fileOf(directory, /\.log$/);
    await truncate(log, (await readFile(log)).length - 2_000);

    const { spool, troubles } = await open(directory);

    expect(troubles).toEqual([]);
    expect(spool.storeId).toBe(storeId);
    expect(spool.usage().frames).toBeGreaterThanOrEqual(frames - 1);
  });
});

describe("a spool whose other files were damaged", () => {
  const flipMiddle = (file: string): Promise<void> => flip(file, 0.5);
  const remove = (file: string): Promise<void> => rm(file);
  const empty = (file: string): Promise<void> => truncate(file, 0);

  it.each([
    ["CURRENT", "flipped", flipMiddle],
    ["CURRENT", "gone", remove],
    ["CURRENT", "empty", empty],
    ["MANIFEST-.*", "flipped", flipMiddle],
    ["MANIFEST-.*", "gone", remove],
    ["MANIFEST-.*", "empty", empty],
  ])("is repaired where %s is %s, and loses no frame", async (name, _, damage) => {
    const { directory, storeId } = await fill({ delivered: 10, isInTables: true });
    await damage(await fileOf(directory, new RegExp(`^${name}$`)));

    const { spool, troubles } = await open(directory);

    expect(troubles).toEqual([expect.stringMatching(/^Repaired spool/)]);
    expect(spool.storeId).not.toBe(storeId);
    expect(await accounted(spool)).toEqual({ held: allSeqs - 1_000, lost: 0 });
    expect(await spool.progress("g:pump")).toMatchObject([{ next: 1_000 }]);
  });

  it.each([0.05, 0.3, 0.6, 0.9])("is repaired where a table is cut at %d", async (share) => {
    const { directory } = await fill({ isInTables: true });
    const table = await fileOf(directory, /\.ldb$/);
    await truncate(table, Math.floor((await readFile(table)).length * share));

    const { spool, troubles } = await open(directory);

    const { held, lost } = await accounted(spool);
    const cursor = (await spool.boots("pump"))[0]?.cursor ?? 0;
    expect(troubles).toEqual([expect.stringMatching(/^(Repaired|Cannot repair) spool/)]);
    expect(held + lost).toBe(cursor);
  });

  it("gives way to an empty one where it cannot be repaired, and says where it is", async () => {
    const { directory, storeId } = await fill({ isInTables: true });
    await rm(join(directory, "CURRENT"));
    await mkdir(join(directory, "MANIFEST-000001"));
    await writeFile(join(directory, "lost"), "in the way of what LevelDB gives up");

    const { spool, troubles, salvaged } = await open(directory);

    const [, place = ""] = /; it is now "(.*?)" and what it held/.exec(troubles[0] ?? "") ?? [];
    expect(troubles).toEqual([expect.stringMatching(/^Cannot repair spool "/)]);
    expect(place.startsWith(`${directory}.damaged-`)).toBe(true);
    expect(await fileOf(place, /\.ldb$/)).toContain(place);
    expect(spool.usage().frames).toBe(0);
    expect(spool.storeId).not.toBe(storeId);
    expect(salvaged).toEqual([]);
  });
});

describe("a spool that was noted as damaged while it was in use", () => {
  it("is repaired when it is opened again", async () => {
    const { directory, storeId } = await fill({ delivered: 10 });
    noteDamage(directory, "its checksum is wrong");

    const { spool, troubles, salvaged } = await open(directory);

    expect(troubles).toEqual([
      expect.stringContaining("damaged: its checksum is wrong; 50 frames"),
    ]);
    expect(salvaged).toEqual([
      { frames: 50, records: 0, lost: 0, possiblyDuplicated: allSeqs - 1_000 },
    ]);
    expect(spool.storeId).not.toBe(storeId);
    expect(await spool.boots("pump")).toMatchObject([{ boot: bootOf(1), cursor: allSeqs }]);
  });

  it("tells with the first frame of a boot how much may have been delivered, once", async () => {
    const { directory } = await fill({ delivered: 10 });
    noteDamage(directory, "its checksum is wrong");
    const { spool: repaired } = await open(directory);
    await repaired.close();
    noteDamage(directory, "its checksum is wrong");

    const { spool, salvaged } = await open(directory);

    const [first, ...others] = await spool.read("g:pump", everything);
    expect(first).toMatchObject({ from: 1_000, repeated: allSeqs - 1_000 });
    expect(others.filter((frame) => frame.repeated !== undefined)).toEqual([]);
    expect(salvaged).toMatchObject([{ possiblyDuplicated: allSeqs - 1_000 }]);
  });

  it("keeps of a frame that is delivered in part what is not, and tells nothing of it again", async () => {
    const { directory } = await fill();
    const { spool: before } = await open(directory);
    const progress = [{ device: "pump", boot: bootOf(1), next: 30, stampMs: 5 }];
    await before.settle({ lane: "g:pump", progress, delivered: [], deadLetters: [] });
    await before.close();
    noteDamage(directory, "its checksum is wrong");

    const { spool } = await open(directory);

    const [first] = await spool.read("g:pump", everything);
    expect(first).toMatchObject({ from: 30, end: 100, repeated: allSeqs - 30, closes: [] });
  });
});

describe("a spool with a record that changed", () => {
  /** Changes the last byte of the value at the first key in a range. */
  const change = async (directory: string, prefix: string): Promise<void> => {
    const store = new ClassicLevel<string, Uint8Array>(directory, { valueEncoding: "view" });
    const [[key, value] = ["", new Uint8Array()]] = await store
      .iterator({ gte: prefix, lt: `${prefix}~` })
      .all();
    const changed = Uint8Array.from(value);
    const at = prefix.startsWith("f/") ? 12 : changed.length - 1;
    changed[at] = (changed[at] ?? 0) ^ 1;
    await store.put(key, changed);
    await store.close();
  };

  /** A boot more, with a frame. */
  const appendLatest = async (directory: string): Promise<void> => {
    const { spool } = await open(directory);
    const frame = newFrame("pump", 0, { boot: uncountedBoot(7), end: 10 });
    const record = { ...recordOf(frame), order: 2 };
    await spool.append(frame, record, { isNewDevice: false, forget: [] });
    await spool.close();
  };

  /** What is over as yet another boot begins. */
  const closedByNext = async (directory: string) => {
    const { spool } = await open(directory);
    const session = createSession(await spool.boots("pump"));
    return session.advance(headerOf(uncountedBoot(8), 0), false).closes;
  };

  it("is repaired at once where it is needed to open", async () => {
    const { directory } = await fill();
    await change(directory, "l/");

    const { spool, troubles } = await open(directory);

    expect(troubles).toEqual([expect.stringContaining('Cannot read "l/g%3Apump" from the spool')]);
    expect(spool.usage()).toMatchObject({ frames });
  });

  it("says so where that is read later, and is repaired by the next start", async () => {
    const { directory } = await fill();
    await change(directory, "b/");
    const { spool: before } = await open(directory);
    const reading = before.boots("pump");
    await expect(reading).rejects.toMatchObject({ code: "SPOOL_DAMAGED" });
    await before.close();
    noteDamage(directory, "its checksum is wrong");

    const { spool, salvaged } = await open(directory);

    expect(salvaged).toMatchObject([{ frames, records: 1, lost: 0 }]);
    // Its key has the boot's name, and its frames how far it was stored.
    expect(await spool.boots("pump")).toMatchObject([
      { boot: bootOf(1), device: "pump", cursor: allSeqs, isEnded: false },
    ]);
    expect(await accounted(spool)).toEqual({ held: allSeqs, lost: 0 });
  });

  it("still tells that the latest boot is over, where the record of an earlier one changed", async () => {
    const { directory } = await fill();
    await appendLatest(directory);
    await change(directory, bootKey("pump", bootOf(1)));
    noteDamage(directory, "its checksum is wrong");

    const closes = await closedByNext(directory);

    expect(closes).toContainEqual({ boot: uncountedBoot(7), next: 10 });
  });

  it("tells again that a boot is over, where its last frame is gone", async () => {
    const { directory } = await fill();
    await appendLatest(directory);
    await change(directory, frameKey("g:pump", frames - 1));
    noteDamage(directory, "its checksum is wrong");

    const closes = await closedByNext(directory);

    expect(closes).toContainEqual({ boot: bootOf(1), next: allSeqs - 100 });
    expect(closes).toContainEqual({ boot: uncountedBoot(7), next: 10 });
  });

  it("keeps a frame as a dead letter where its seqs cannot be told, and tells how many are lost", async () => {
    const { directory } = await fill({ delivered: 1 });
    await change(directory, "f/");
    noteDamage(directory, "its checksum is wrong");

    const { spool, salvaged } = await open(directory);

    expect(salvaged).toMatchObject([{ frames: frames - 2, records: 1, lost: 100 }]);
    expect(await spool.deadLetters()).toMatchObject([
      { device: "unknown", reason: "its record changed on the agent's disk" },
    ]);
    expect(await accounted(spool)).toEqual({ held: allSeqs - 200, lost: 100 });
  });

  it("tells which boots were over where the frame is gone that told it", async () => {
    const { directory } = await fill();
    const { spool: before } = await open(directory);
    const closes = [{ boot: bootOf(1), next: allSeqs }];
    for (const from of [0, 10, 20]) {
      const told = from === 0 ? { closes } : {};
      const frame = newFrame("pump", from, { boot: bootOf(2), end: from + 10, ...told });
      const record = { ...recordOf(frame), order: 2 };
      await before.append(frame, record, { isNewDevice: false, forget: [] });
    }
    await before.close();
    await change(directory, frameKey("g:pump", frames));
    noteDamage(directory, "its checksum is wrong");

    const { spool, salvaged } = await open(directory);

    const ofSecond = (await spool.read("g:pump", everything)).slice(frames);
    expect(ofSecond).toMatchObject([
      { from: 10, lost: 10, closes, repeated: 21 },
      { from: 20, lost: 0, closes: [] },
    ]);
    expect(salvaged).toMatchObject([{ lost: 10, possiblyDuplicated: allSeqs + 21 }]);
  });

  it("goes back to where frames end, and counts as possibly doubled what may come again", async () => {
    const { directory } = await fill({ delivered: frames - 1 });
    await change(directory, "f/");
    noteDamage(directory, "its checksum is wrong");
    const { spool: repaired, salvaged } = await open(directory);
    const before = await repaired.boots("pump");
    await repaired.close();
    noteDamage(directory, "its checksum is wrong");

    const { spool } = await open(directory);

    expect(salvaged).toMatchObject([{ frames: 0, lost: 0, possiblyDuplicated: 100 }]);
    expect(before).toMatchObject([{ cursor: allSeqs - 100, storedTo: allSeqs }]);
    expect(await spool.boots("pump")).toEqual(before);
  });

  it.each(["d/", "t/", "p/", "i/", "h/", "n/"])("goes on without it under %s", async (prefix) => {
    const { directory } = await fill({ delivered: 1 });
    const { spool: before } = await open(directory);
    await before.bury({ device: "pump", reason: "refused", epochMs: 1, content: [] });
    await before.evict("pump", "unreadable");
    await before.propose({ lane: "g:pump", group: "g", stream: "pump", runs: [] });
    const added = [{ number: 0, replaces: -1, meaning: { kind: "text", text: "abcd" } as const }];
    await before.define(recordOf(newFrame("pump", allSeqs - 1)), {
      added,
      retired: [],
      held: [[0, 4]],
    });
    await before.close();
    await change(directory, prefix);
    noteDamage(directory, "its checksum is wrong");

    const { spool, troubles } = await open(directory);

    expect(troubles).toEqual([expect.stringMatching(/^Repaired spool/)]);
    expect(spool.usage().frames).toBe(frames - 1);
    expect(await spool.intended()).toEqual([]);
    await append(spool, newFrame("pump", allSeqs));
  });
});
