import { describe, expect, it } from "vitest";
import { createEvicted } from "../../../agent/spool/evicted.ts";
import { fakeStore } from "../../support/fake-store.ts";
import { count } from "../../support/system.ts";

describe("evicted dead letters", () => {
  it("are told apart by eight reasons of 200 characters each, the others together", async () => {
    const evicted = await createEvicted(fakeStore().store);
    const reasons = count(10).map((number) => `${number}${"x".repeat(300)}`);

    for (const reason of [...reasons, ...reasons]) evicted.count("pump", { reason, count: 1 });

    const told = evicted.take("pump")?.told ?? [];
    expect(told.map((each) => each.count)).toEqual([...Array(8).fill(2), 4]);
    expect(told[0]?.reason).toHaveLength(200);
    expect(told.at(-1)?.reason).toBe("other reasons");
  });

  it("are kept of 10,000 devices, of more under no name", async () => {
    const { store, disk } = fakeStore();
    const evicted = await createEvicted(store);

    for (const number of count(10_002)) {
      const change = evicted.count(`device-${number}`, { reason: "unreadable", count: 1 });
      await store.write([change], false);
    }

    const again = await createEvicted(store);
    expect(disk.size).toBe(10_001);
    expect(again.take("device-10000")).toBeNull();
    expect(again.take("device-9999")?.told).toEqual([{ reason: "unreadable", count: 1 }]);
    expect(again.take("")?.told).toEqual([{ reason: "unreadable", count: 2 }]);
  });
});
