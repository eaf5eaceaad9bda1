import { mkdtemp, open, readdir, rm, symlink, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createFileFlash } from "../../../device/platforms/node-files.ts";
import { formatsOf, startJournal } from "../../support/journal-bench.ts";

const options = { pages: 6, pageBytes: 1_024 };

describe("journal in a file", () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "fleetlog-journal-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it("finds its frames after a restart", () => {
    const before = startJournal(createFileFlash(folder, options));
    before.journal.store(before.frame(0, ["größe %d"]), before.table);

    const { journal } = startJournal(createFileFlash(folder, options));

    const earlier = journal.earlier();
    expect(journal.boot.number).toBe(2);
    expect(formatsOf(journal.read(earlier?.frames[0]?.place ?? -1))).toEqual(["größe %d"]);
  });

  it("refuses, and does not throw, where its folder cannot be made", async () => {
    await writeFile(join(folder, "file"), "");

    const { journal, table, frame } = startJournal(createFileFlash(join(folder, "file"), options));
    journal.store(frame(0, ["lost"]), table);

    expect(journal.boot.number).toBe(0);
    expect(journal.earlier()).toBeNull();
    expect(journal.stats().refused.flash_full).toBe(1);
  });

  it("refuses where the disk is full, and leaves no half of a file", async () => {
    await symlink("/dev/full", join(folder, "journal.new"));

    const { journal } = startJournal(createFileFlash(folder, options));

    expect(journal.boot.number).toBe(0);
    expect(await readdir(folder)).toEqual([]);
  });

  it("refuses where the disk takes no more of a file that is there", async () => {
    await symlink("/dev/full", join(folder, "journal"));

    const { journal, table, frame } = startJournal(createFileFlash(folder, options));
    journal.store(frame(0, ["lost"]), table);

    expect(journal.boot.number).toBe(0);
    expect(journal.stats().refused.flash_full).toBe(1);
  });

  it("begins anew where a file was cut short", async () => {
    startJournal(createFileFlash(folder, options), { nonce: 1 });

    await truncate(join(folder, "journal"), 10);

    expect(startJournal(createFileFlash(folder, options), { nonce: 2 }).journal.boot).toEqual({
      nonce: 2,
      number: 1,
    });
  });

  it("lives through a file of anything", async () => {
    const file = await open(join(folder, "journal"), "w");
    await file.write(Uint8Array.from({ length: 6_144 }, (_, index) => (index * 7_919) % 251));
    await file.close();

    const { journal, table, frame } = startJournal(createFileFlash(folder, options));

    expect(journal.boot.number).toBe(1);
    expect(journal.earlier()).toBeNull();
    expect(journal.store(frame(0, ["kept"]), table)).toBeGreaterThan(0);
  });
});
