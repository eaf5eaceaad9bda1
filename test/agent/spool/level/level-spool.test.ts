import { randomBytes } from "node:crypto";
import { readdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { ClassicLevel } from "classic-level";
import { describe, expect, it, onTestFinished } from "vitest";
import { createLevelSpool } from "../../../../agent/spool/level/level-spool.ts";
import type { Spool } from "../../../../agent/spool/spool.ts";
import { spoolContract } from "../../../contract/spool.ts";
import { newFrame, recordOf } from "../../../support/any-receipt.ts";
import { anyLimits } from "../../../support/fake-spool.ts";
import { runKilledSpool } from "../../../support/killed-spool.ts";
import { scratchDirectory } from "../../../support/local-endpoint.ts";
import { append, settlementOf } from "../../../support/opened-spool.ts";
import { count } from "../../../support/system.ts";

/** Resolves once a size is below a limit; rejects after 10 s. */
const untilSmall = async (size: () => Promise<number>, limitBytes: number): Promise<void> => {
  const endMs = performance.now() + 10_000;
  while ((await size()) >= limitBytes) {
    if (performance.now() > endMs) throw new Error(`It still takes ${await size()} bytes`);
    await wait(50);
  }
};

const directories = new Map<string, Promise<string>>();

spoolContract("level spool", async (place, limits) => {
  const directory = directories.get(place) ?? scratchDirectory();
  directories.set(place, directory);
  return createLevelSpool({ ...anyLimits, ...limits, directory: await directory });
});

const openLevel = async (directory: string): Promise<Spool> => {
  const spool = await createLevelSpool({ ...anyLimits, directory, limitBytes: 1_073_741_824 });
  onTestFinished(() => spool.close());
  return spool;
};

const appendAll = (spool: Spool, count: number): Promise<unknown> =>
  Promise.all(
    Array.from({ length: count }, (_, seq) => {
      const frame = newFrame("pump", seq);
      return spool.append(frame, recordOf(frame), { isNewDevice: seq === 0, forget: [] });
    }),
  );

describe("level spool's folder", () => {
  it("is made where it is absent, with the folders above it", async () => {
    const directory = join(await scratchDirectory(), "deep", "down");

    const spool = await openLevel(directory);

    expect(spool.usage().frames).toBe(0);
  });

  it("belongs to one agent at a time, which the other is told", async () => {
    const directory = await scratchDirectory();
    await openLevel(directory);

    const second = createLevelSpool({ ...anyLimits, directory });

    await expect(second).rejects.toMatchObject({
      code: "SPOOL_LOCKED",
      message: `Cannot open spool "${directory}": another agent holds it, stop that agent or set another "data"`,
    });
  });

  it("gives way to an empty one, where nothing in it is a store, even with a lock in its name", async () => {
    const directory = join(await scratchDirectory(), "lock");
    await (await createLevelSpool({ ...anyLimits, directory })).close();
    await writeFile(join(directory, "CURRENT"), "no manifest");

    const spool = await openLevel(directory);

    expect(spool.usage().frames).toBe(0);
  });

  it.each([4, 6])("is refused where another version wrote it, in format %d", async (format) => {
    const directory = await scratchDirectory();
    const store = new ClassicLevel<string, string>(directory);
    await store.put("m/store", JSON.stringify({ format, storeId: 1 }));
    await store.close();

    const opening = createLevelSpool({ ...anyLimits, directory });

    await expect(opening).rejects.toThrow(`its format is ${format}, this version reads 5; let`);
  });

  it("is refused with the system's reason where it cannot be made", async () => {
    const file = join(await scratchDirectory(), "file");
    await writeFile(file, "");

    const opening = createLevelSpool({ ...anyLimits, directory: join(file, "spool") });

    await expect(opening).rejects.toMatchObject({
      code: "SPOOL_UNUSABLE",
      message: expect.stringMatching(
        /ENOTDIR.*make room or the folder writable, or set another "data"$/,
      ),
    });
  });
});

describe("level spool after SIGKILL", () => {
  it("has every frame it acknowledged, with its definitions, ten times over, under load", async () => {
    const directory = await scratchDirectory();
    const acked = new Map<string, number>();

    for (let round = 0; round < 10; round++) {
      const run = await runKilledSpool(directory, 30 + round * 12);
      for (const [device, next] of run) acked.set(device, next);
    }

    const spool = await openLevel(directory);
    for (const [device, next] of acked) {
      const frames = await spool.read(`g:${device}`, Number.MAX_SAFE_INTEGER);
      const [record] = await spool.boots(device);
      expect(record?.cursor).toBeGreaterThanOrEqual(next);
      const seqs = [...Array(record?.cursor).keys()];
      expect(frames.map(({ from }) => from)).toEqual(seqs);
      expect(record?.definitions).toBe(record?.cursor);
      const lookup = spool.lookup(device, { nonce: 7, number: 1 });
      const texts = seqs.map((number) => ({ kind: "text", text: `text ${number}` }));
      expect(seqs.map(lookup)).toEqual(texts);
    }
    expect([...acked.values()].reduce((sum, next) => sum + next, 0)).toBeGreaterThan(10);
  }, 60_000);
});

describe("level spool's folder after a backlog", () => {
  const mebibyte = 1_048_576;
  const folderBytes = async (directory: string): Promise<number> => {
    const names = await readdir(directory);
    const files = await Promise.all(
      names.map((name) => stat(join(directory, name)).catch(() => null)),
    );
    return files.reduce((sum, file) => sum + (file?.size ?? 0), 0);
  };

  it("shrinks to less than 28 MiB once CloudWatch has taken it", async () => {
    const directory = await scratchDirectory();
    const spool = await createLevelSpool({
      ...anyLimits,
      directory,
      laneShare: 1,
      limitBytes: 2 ** 30,
    });
    onTestFinished(() => spool.close());
    for (const seq of count(48)) {
      const frame = newFrame("pump", seq, { bytes: randomBytes(mebibyte) });
      await append(spool, frame);
    }
    const fullBytes = await folderBytes(directory);

    for (let left = 48; left > 0; left = spool.usage().frames) {
      await spool.settle(settlementOf("g:pump", await spool.read("g:pump", 4 * mebibyte)));
    }

    await untilSmall(() => folderBytes(directory), 28 * mebibyte);
    expect(fullBytes).toBeGreaterThan(48 * mebibyte);
  });
});

describe("level spool's opening", () => {
  it("reads what it reads with no frame waiting, with thousands of them", async () => {
    const directory = await scratchDirectory();
    const spool = await createLevelSpool({ ...anyLimits, directory, limitBytes: 1_073_741_824 });
    await appendAll(spool, 2_000);
    await spool.close();
    const store = new ClassicLevel<string, Uint8Array>(directory, { valueEncoding: "view" });
    for (const key of await store.keys({ gte: "f/", lt: "f0" }).all()) {
      await store.put(key, Uint8Array.of(0));
    }
    await store.close();

    const reopened = await openLevel(directory);

    expect(reopened.usage().frames).toBe(2_000);
    expect(reopened.lanes()).toEqual(["g:pump"]);
    await expect(reopened.read("g:pump", 1)).rejects.toThrow();
  });
});
