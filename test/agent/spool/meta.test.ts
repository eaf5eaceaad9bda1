import { describe, expect, it } from "vitest";
import { readMeta } from "../../../agent/spool/meta.ts";
import { type FakeDisk, fakeStore } from "../../support/fake-store.ts";

const key = "m/store";

const storeOf = async (): Promise<FakeDisk> => {
  const { store, disk } = fakeStore();
  await readMeta(store);
  return disk;
};

describe("what a store says of itself", () => {
  it("is read as it was written", async () => {
    const { store } = fakeStore(await storeOf());

    await expect(readMeta(store)).resolves.toEqual(await readMeta(store));
  });

  it("is damaged, and not of another version, whichever of its bytes changed", async () => {
    const written = (await storeOf()).get(key) as Uint8Array;

    for (const at of written.keys()) {
      const bytes = Buffer.from(written);
      bytes.writeUInt8((bytes.readUInt8(at) + 1) % 256, at);
      const { store } = fakeStore(new Map([[key, bytes]]));

      await expect(readMeta(store)).rejects.toMatchObject({ code: "SPOOL_DAMAGED" });
    }
  });

  it("is of another version where that says so", async () => {
    const other = Buffer.from(JSON.stringify({ format: 3, storeId: 1 }));
    const { store } = fakeStore(new Map([[key, other]]));

    await expect(readMeta(store)).rejects.toMatchObject({ code: "SPOOL_FORMAT" });
  });
});
