import { spoolContract } from "../../contract/spool.ts";
import { fakeSpool } from "../../support/fake-spool.ts";
import type { FakeDisk } from "../../support/fake-store.ts";

const disks = new Map<string, FakeDisk>();

spoolContract("fake spool", async (place, limits) => {
  const disk = disks.get(place) ?? new Map();
  disks.set(place, disk);
  return (await fakeSpool(limits, disk)).spool;
});
