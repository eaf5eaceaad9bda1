import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import type { CommandInput, HeldCommand } from "../../../agent/commands/command.ts";
import {
  clearCommands,
  commandFolder,
  holdCommand,
  listCommands,
} from "../../../agent/commands/folder.ts";
import { scratchDirectory } from "../../support/local-endpoint.ts";

const nowMs = Date.UTC(2026, 0, 1);
const debug: CommandInput = { kind: "level", level: "debug" };

describe("command folder", () => {
  let directory: string;

  beforeEach(async () => {
    directory = commandFolder(await scratchDirectory());
  });

  const hold = (want: CommandInput, atMs = nowMs): Promise<HeldCommand> =>
    holdCommand(directory, "pump-7", want, atMs);
  const wants = async (atMs = nowMs): Promise<unknown[]> =>
    (await listCommands(directory, atMs)).map(({ want }) => want);

  it("has none where there is no folder", async () => {
    expect(await listCommands(directory, nowMs)).toEqual([]);
  });

  it("gives ids that rise for a device, also where the clock runs back", async () => {
    const first = await hold(debug);
    const second = await hold({ kind: "flush" }, nowMs - 60_000);

    expect(second.id).toBe(first.id + 1);
    expect(await readdir(directory)).toEqual([
      `pump-7@${first.id}.json`,
      `pump-7@${second.id}.json`,
    ]);
  });

  it("gives different ids to those who write at the same time", async () => {
    const all: CommandInput[] = ["a", "b", "c", "d"].map((tag) => ({ ...debug, tag }));

    const held = await Promise.all(all.map((want) => hold(want)));

    expect(new Set(held.map(({ id }) => id)).size).toBe(4);
    expect(await wants()).toHaveLength(4);
  });

  it("lets a command take the place of the one before it for the same", async () => {
    await hold(debug);
    await hold({ ...debug, tag: "wifi" });
    await hold({ kind: "level", level: "warn" });

    expect(await wants()).toEqual([
      { ...debug, tag: "wifi" },
      { kind: "level", level: "warn" },
    ]);
    expect(await readdir(directory)).toHaveLength(2);
  });

  it("leaves out what is over: a level by its time, flush and identify after ten minutes", async () => {
    await hold({ ...debug, forMs: 1_000 });
    await hold({ kind: "flush" });
    await hold({ kind: "budget", bytesADay: 64_000 });

    expect(await wants(nowMs + 999)).toHaveLength(3);
    expect(await wants(nowMs + 1_000)).toMatchObject([{ kind: "flush" }, { kind: "budget" }]);
    expect(await wants(nowMs + 600_000)).toMatchObject([{ kind: "budget" }]);
  });

  it("clears by giving levels and budgets back, and forgetting the rest", async () => {
    await hold({ ...debug, tag: "wifi", forMs: 1_000 });
    await hold({ kind: "budget", bytesADay: 64_000 });
    await hold({ kind: "identify" });

    const count = await clearCommands(directory, "pump-7", nowMs);

    expect(count).toBe(3);
    expect(await wants()).toEqual([
      { kind: "level", level: null, tag: "wifi", forMs: 1_000 },
      { kind: "budget", bytesADay: null },
    ]);
    expect(await clearCommands(directory, "pump-7", nowMs)).toBe(2);
    expect(await wants()).toHaveLength(2);
  });

  it.each([
    ["pump 7", debug, 'Cannot command device "pump 7": an id is 1 to 64 of A-Z a-z 0-9 . _ -'],
    ["pump", { ...debug, tag: "é" }, 'Cannot command device "pump": tag is not printable ASCII'],
    ["pump", { kind: "flush", tag: "a" }, /"pump": Unrecognized key: "tag"/],
    ["pump", { ...debug, forMs: 0 }, /"pump": forMs /],
  ])("refuses for %j the command %j", async (device, want, message) => {
    const held = holdCommand(directory, device, want as CommandInput, nowMs);

    await expect(held).rejects.toMatchObject({ code: "COMMAND_INVALID" });
    await expect(held).rejects.toThrow(message);
  });

  it("holds the levels of eight tags of a device", async () => {
    for (let tag = 0; tag < 8; tag++) await hold({ ...debug, tag: `tag-${tag}` });

    await hold({ ...debug, tag: "tag-3", forMs: 5 });
    await hold(debug);
    await expect(hold({ ...debug, tag: "tag-8" })).rejects.toMatchObject({
      code: "COMMANDS_FULL",
      message:
        'Cannot command device "pump-7": the levels of 8 tags are held already, clear them first',
    });
  });

  it.each([
    ["pump-7@1.json", "{", /it is no JSON; take it out of the folder/],
    ["pump-7@1.json", '{"device":"pump-7"}', /id .*; take it out of the folder/],
    [
      "pump-8@1.json",
      '{"device":"pump-7","id":1,"want":{"kind":"flush"},"expiresMs":null}',
      /its name is not that of its device and id/,
    ],
  ])("says of %s with %j what is wrong", async (name, text, message) => {
    await mkdir(directory);
    await writeFile(join(directory, name), text);

    const list = listCommands(directory, nowMs);

    await expect(list).rejects.toMatchObject({ code: "COMMAND_UNREADABLE" });
    await expect(list).rejects.toThrow(message);
  });
});
