import { describe, expect, it } from "vitest";
import type { Change } from "../../../agent/spool/group-commit.ts";
import { createUnwritten } from "../../../agent/spool/unwritten.ts";
import { fakeStore } from "../../support/fake-store.ts";

const put = (key: string, byte: number): Change => ({
  type: "put",
  key,
  value: Uint8Array.of(byte),
});

describe("unwritten", () => {
  it("reads what is on its way before the store, and the store once it has ended", async () => {
    const { store } = fakeStore(new Map([["a", Uint8Array.of(1)]]));
    const unwritten = createUnwritten(store);

    const changes = unwritten.begin([put("b", 2), { type: "del", key: "a" }]);
    const before = ["a", "b"].map(unwritten.read);
    await store.write(changes, true);
    unwritten.end(changes);

    expect(before).toEqual([undefined, Uint8Array.of(2)]);
    expect(["a", "b"].map((key) => unwritten.read(key)?.[0])).toEqual([undefined, 2]);
  });

  it("keeps a later change of the same key until that has ended itself", () => {
    const unwritten = createUnwritten(fakeStore().store);
    const first = unwritten.begin([put("a", 1)]);
    unwritten.begin([put("a", 2)]);

    unwritten.end(first);

    expect(unwritten.read("a")).toEqual(Uint8Array.of(2));
  });
});
