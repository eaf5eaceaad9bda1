import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import type { CommandInput, HeldCommand } from "../../../agent/commands/command.ts";
import { type Commands, createCommands } from "../../../agent/commands/commands.ts";
import { commandFolder, holdCommand } from "../../../agent/commands/folder.ts";
import { createMetrics } from "../../../agent/metrics.ts";
import type { FrameHeader } from "../../../shared/frame.ts";
import { type FakeTime, fakeTime } from "../../support/fake-time.ts";
import { scratchDirectory } from "../../support/local-endpoint.ts";

const boot = (number: number) => ({ nonce: 7, number });

const headerOf = (number: number, ackId: number, more: Partial<FrameHeader> = {}): FrameHeader => ({
  boot: boot(number),
  ...{ base: 0, first: 0, count: 1, sendUptimeMs: 1_000, ackId, ackUptimeMs: 1_000 },
  ...more,
});

const debug: CommandInput = { kind: "level", level: "debug", forMs: 60_000 };

describe("commands", () => {
  let directory: string;
  let time: FakeTime;
  let online: string[];
  let due: string[];
  let troubles: string[];
  let metrics: ReturnType<typeof createMetrics>;

  beforeEach(async () => {
    directory = commandFolder(await scratchDirectory());
    time = fakeTime();
    online = [];
    due = [];
    troubles = [];
    metrics = createMetrics();
  });

  const start = (): Promise<Commands> =>
    createCommands({
      ...{ directory, time, metrics },
      onTrouble: (message) => troubles.push(message),
      isOnline: (device) => online.includes(device),
      onDue: (device) => due.push(device),
    });
  const hold = (want: CommandInput): Promise<HeldCommand> =>
    holdCommand(directory, "pump-7", want, time.epochMs());

  it("come with the acks of a boot that is alive, and of no other", async () => {
    const { id } = await hold(debug);
    const commands = await start();

    commands.observe("pump-7", headerOf(1, 0));

    expect(commands.bring("pump-7", boot(1), 3)).toEqual({
      ...{ id, kind: 0, remainingMs: 60_000, value: 1, tag: "" },
    });
    expect(commands.bring("pump-7", boot(2), 4)).toBeUndefined();
    expect(commands.bring("pump-8", boot(1), 5)).toBeUndefined();
    expect(metrics.commandsSent).toBe(1);
  });

  it("do not come with acks for what a later boot sends of an earlier one", async () => {
    await hold(debug);
    const commands = await start();

    commands.observe("pump-7", headerOf(1, 0, { endedAgoMs: 5_000 }));

    expect(commands.bring("pump-7", boot(1), 3)).toBeUndefined();
  });

  it("come until a frame returns the id of such an ack, the lowest first", async () => {
    const first = await hold(debug);
    const second = await hold({ kind: "flush" });
    const commands = await start();
    commands.observe("pump-7", headerOf(1, 0));

    const ids = [1, 1, 2, 3].map((returned, index) => {
      const command = commands.bring("pump-7", boot(1), index + 1);
      commands.observe("pump-7", headerOf(1, returned === 1 ? 0 : returned));
      return command?.id;
    });

    expect(ids).toEqual([first.id, first.id, first.id, second.id]);
    expect(metrics.commandsEchoed).toBe(1);
  });

  it("are told to each boot with what remains, a flush to one alone", async () => {
    const level = await hold(debug);
    await hold({ kind: "flush" });
    const commands = await start();
    commands.observe("pump-7", headerOf(1, 0));
    for (const ackId of [1, 2]) {
      commands.bring("pump-7", boot(1), ackId);
      commands.observe("pump-7", headerOf(1, ackId));
    }

    time.advance(10_000);
    commands.observe("pump-7", headerOf(2, 0));
    const again = commands.bring("pump-7", boot(2), 1);
    commands.observe("pump-7", headerOf(2, 1));

    expect(again).toMatchObject({ id: level.id, remainingMs: 50_000 });
    expect(commands.bring("pump-7", boot(2), 2)).toBeUndefined();
  });

  it("that are over go, with their files", async () => {
    await hold(debug);
    const commands = await start();
    commands.observe("pump-7", headerOf(1, 0));

    time.advance(60_000);
    const brought = commands.bring("pump-7", boot(1), 1);
    await commands.look();

    expect(brought).toBeUndefined();
    await expect.poll(() => readdir(directory)).toEqual([]);
  });

  it("are due at once where the device is online, and then ever less often", async () => {
    await hold(debug);
    const commands = await start();
    const duesAfter = async (ms: number): Promise<number> => {
      time.advance(ms);
      await commands.look();
      return due.length;
    };

    const whileOffline = await duesAfter(20_000);
    online.push("pump-7");
    const counts = [await duesAfter(0), await duesAfter(9_000), await duesAfter(1_000)];

    expect(whileOffline).toBe(0);
    expect(counts).toEqual([1, 1, 2]);
  });

  it("are not due once they have come", async () => {
    await hold(debug);
    online.push("pump-7");
    const commands = await start();
    commands.observe("pump-7", headerOf(1, 0));
    commands.bring("pump-7", boot(1), 1);
    commands.observe("pump-7", headerOf(1, 1));
    due.length = 0;

    time.advance(30_000);
    await commands.look();

    expect(due).toEqual([]);
  });

  it("pass over a file that cannot be read, and say so once", async () => {
    await mkdir(directory);
    await writeFile(join(directory, "pump-7@1.json"), "{");
    const { id } = await hold(debug).catch(() => ({ id: 0 }));
    const commands = await start();
    await writeFile(
      join(directory, "pump-7@2.json"),
      JSON.stringify({ device: "pump-7", id: 2, want: { kind: "flush" }, expiresMs: null }),
    );

    await commands.look();
    await commands.look();
    commands.observe("pump-7", headerOf(1, 0));

    expect(id).toBe(0);
    expect(troubles).toEqual([
      `Cannot read command "${join(directory, "pump-7@1.json")}": it is no JSON; take it out of the folder`,
    ]);
    expect(commands.bring("pump-7", boot(1), 1)?.id).toBe(2);
  });

  it("say once that there is something else in the folder's place", async () => {
    await writeFile(directory, "");

    const commands = await start();
    await commands.look();

    expect(troubles).toEqual([expect.stringMatching(/^Cannot look for commands in .*ENOTDIR/)]);
  });

  it("are looked for every second, until closed", async () => {
    online.push("pump-7");
    const commands = await start();
    await hold(debug);

    time.advance(1_000);
    await expect.poll(() => due).toEqual(["pump-7"]);
    commands.close();
    due.length = 0;
    time.advance(60_000);
    await commands.look();

    expect(due).toEqual([]);
  });
});
