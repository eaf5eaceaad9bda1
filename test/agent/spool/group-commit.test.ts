import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  type Change,
  createGroupCommit,
  type LateChange,
} from "../../../agent/spool/group-commit.ts";

const change = (key: string): Change => ({ type: "del", key });

/** A write that ends when the test says so. */
interface Write {
  keys: string[];
  isSynced: boolean;
  end(): void;
  fail(): void;
}

const heldWrites = (gatherMs?: number) => {
  const writes: Write[] = [];
  let begun = (): void => {};
  const write = (changes: Change[], isSynced: boolean): Promise<void> =>
    new Promise((end, reject) => {
      const fail = (): void => reject(new Error("the disk is gone"));
      writes.push({ keys: changes.map(({ key }) => key), isSynced, end, fail });
      begun();
    });
  /** Resolves once `count` writes have begun. */
  const untilBegun = async (count: number): Promise<Write> => {
    while (writes.length < count) {
      await new Promise<void>((resolve) => {
        begun = resolve;
      });
    }
    return writes[count - 1] as Write;
  };
  return { group: createGroupCommit(write, gatherMs), writes, untilBegun };
};

describe("group commit", () => {
  it("joins what comes in while a write is under way into the next one", async () => {
    const { group, writes, untilBegun } = heldWrites();

    const first = group.commit([change("a")], true);
    const begun = await untilBegun(1);
    const later = [group.commit([change("b")], false), group.commit([change("c")], true)];
    begun.end();
    await first;
    (await untilBegun(2)).end();
    await Promise.all(later);

    expect(writes.map(({ keys }) => keys)).toEqual([["a"], ["b", "c"]]);
  });

  it("syncs a write as soon as one of its commits asks for it", async () => {
    const { group, untilBegun } = heldWrites();

    void group.commit([change("a")], false);
    const unsynced = await untilBegun(1);
    void group.commit([change("b")], false);
    void group.commit([change("c")], true);
    unsynced.end();
    const synced = await untilBegun(2);

    expect([unsynced.isSynced, synced.isSynced]).toEqual([false, true]);
  });

  it("waits for what is synced, and not for what need not be", async () => {
    const { group, untilBegun } = heldWrites();
    const order: string[] = [];

    const committed = group.commit([change("a")], true).then(() => order.push("committed"));
    const synced = group.synced().then(() => order.push("synced"));
    (await untilBegun(1)).end();
    await Promise.all([committed, synced]);
    void group.commit([change("b")], false);
    await group.synced();

    expect(order).toEqual(["committed", "synced"]);
  });

  it("asks for late changes as the write begins, the last of each key, behind all others", async () => {
    const { group, writes, untilBegun } = heldWrites();
    const asked: string[] = [];
    const late = (key: string, name: string): LateChange => ({
      type: "late",
      key,
      change() {
        asked.push(name);
        return change(key);
      },
    });

    void group.commit([late("a", "first"), change("b")], true);
    void group.commit([late("a", "second"), change("c")], true);
    const before = [...asked];
    await untilBegun(1);

    expect([before, asked]).toEqual([[], ["second"]]);
    expect(writes[0]?.keys).toEqual(["b", "c", "a"]);
  });

  it("drops a late change for one of the same key that comes after it", async () => {
    const { group, writes, untilBegun } = heldWrites();
    const late: LateChange = { type: "late", key: "a", change: () => change("late") };

    void group.commit([late], true);
    void group.commit([change("a")], true);
    await untilBegun(1);

    expect(writes[0]?.keys).toEqual(["a"]);
  });

  it("waits for others while a write has begun lately, and then no longer than that", async () => {
    const { group, writes, untilBegun } = heldWrites(50);
    const beganMs: number[] = [];

    for (const key of ["a", "b", "c"]) {
      const done = group.commit([change(key)], true);
      const write = await untilBegun(writes.length + 1);
      beganMs.push(performance.now());
      write.end();
      await done;
    }

    const [first = 0, second = 0, third = 0] = beganMs;
    expect(second - first).toBeGreaterThan(45);
    expect(third - second).toBeGreaterThan(45);
  });

  describe("while others go on coming", () => {
    beforeEach(() => {
      vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
    });
    afterEach(() => {
      vi.useRealTimers();
    });

    /** One write has ended, and commits come every 5 ms for so long; gives how many writes began. */
    const writesAfter = async (comingMs: number, thenMs: number): Promise<number> => {
      const { group, writes, untilBegun } = heldWrites(20);
      const first = group.commit([change("first")], true);
      (await untilBegun(1)).end();
      await first;
      for (let ms = 0; ms < comingMs; ms += 5) {
        void group.commit([change(`${ms}`)], true);
        if (ms === 0) await new Promise(setImmediate);
        await vi.advanceTimersByTimeAsync(5);
      }
      await vi.advanceTimersByTimeAsync(thenMs);
      return writes.length;
    };

    it("waits up to four times as long", async () => {
      expect([await writesAfter(75, 0), await writesAfter(80, 0)]).toEqual([1, 2]);
    });

    it("waits no longer once none has come for that long", async () => {
      expect([await writesAfter(25, 10), await writesAfter(25, 40)]).toEqual([1, 2]);
    });
  });

  it("waits no longer once many are there", async () => {
    const { group, writes, untilBegun } = heldWrites(600_000);
    const first = group.commit([change("first")], true);
    (await untilBegun(1)).end();
    await first;

    const keys = Array.from({ length: 32 }, (_, index) => `${index}`);
    for (const key of keys) void group.commit([change(key)], true);
    await untilBegun(2);

    expect(writes[1]?.keys).toEqual(keys);
  });

  it("counts the bytes that wait for a write", async () => {
    const { group, untilBegun } = heldWrites();

    const first = group.commit([change("a")], true, 7);
    const begun = await untilBegun(1);
    void group.commit([change("b")], true, 5);
    const waiting = group.waitingBytes();
    begun.end();
    await first;

    expect([waiting, group.waitingBytes()]).toEqual([12, 5]);
  });

  it("writes nothing more after a write that failed, and rejects whatever waits or comes", async () => {
    const { group, writes, untilBegun } = heldWrites();

    const failed = group.commit([change("a")], true);
    const begun = await untilBegun(1);
    const waiting = group.commit([change("b")], true);
    begun.fail();

    await expect(failed).rejects.toThrow("the disk is gone");
    await expect(waiting).rejects.toThrow("the disk is gone");
    await expect(group.commit([change("c")], true)).rejects.toThrow("the disk is gone");
    await expect(group.synced()).rejects.toThrow("the disk is gone");
    await new Promise(setImmediate);
    expect(writes).toHaveLength(1);
  });
});
