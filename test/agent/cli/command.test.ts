import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { commandCommand } from "../../../agent/cli/command.ts";
import { scratchDirectory } from "../../support/local-endpoint.ts";

describe("command command", () => {
  let directory: string;

  beforeEach(async () => {
    directory = await scratchDirectory();
    await writeFile(join(directory, "agent.toml"), `data = "${directory}"\n`);
  });

  const run = async (...args: string[]): Promise<string[]> => {
    const lines: string[] = [];
    const config = ["--config", join(directory, "agent.toml")];
    const command = commandCommand((line) => lines.push(line)).exitOverride();
    command.configureOutput({ writeErr: () => {} });
    await command.parseAsync(["node", "fleetlog", ...args, ...config]);
    return lines;
  };
  /** Without the id, and the time where there is one. */
  const shown = (lines: string[]): string[] =>
    lines.map((line) => line.replace(/\t\d+\t/, " ").replace(/\d{4}-.*Z/, "some time"));

  it("holds levels, for a time or until they are cleared", async () => {
    const lines = [
      ...(await run("pump-7", "level", "debug", "--tag", "wifi", "--for", "10m")),
      ...(await run("pump-7", "level", "error")),
      ...(await run("pump-7", "level", "program", "--tag", "pump")),
    ];

    expect(shown(lines)).toEqual([
      "pump-7 level debug of wifi\tuntil some time",
      "pump-7 level error\tuntil done or cleared",
      "pump-7 level as programmed of pump\tuntil done or cleared",
    ]);
  });

  it("lists those of a device, or of all", async () => {
    await run("pump-7", "flush");
    await run("door-1", "identify", "--for", "1d");
    await run("door-1", "budget", "64000");

    const ofOne = await run("pump-7", "list");
    const ofAll = await run("list");

    expect(shown(ofOne)).toEqual(["pump-7 flush\tuntil some time"]);
    expect(shown(ofAll)).toEqual([
      "door-1 identify\tuntil some time",
      "door-1 budget 64000 bytes a day\tuntil done or cleared",
      "pump-7 flush\tuntil some time",
    ]);
  });

  it("clears what is held", async () => {
    await run("pump-7", "flush");
    await run("pump-7", "level", "debug");

    const said = await run("pump-7", "clear");
    const left = await run("pump-7", "list");

    expect(said).toEqual(["Cleared 2."]);
    expect(shown(left)).toEqual(["pump-7 level as programmed\tuntil done or cleared"]);
    expect(await run("door-1", "list")).toEqual(["No commands."]);
  });

  it.each([
    [["pump-7", "level", "loud"], /a level is one of debug, .* or "program" .*, not "loud"/],
    [["pump-7", "level"], /a level is one of/],
    [["pump-7", "budget", "much"], /a budget is bytes a day, .* not "much"/],
    [["pump-7", "reboot"], /"reboot" is none of level, budget, flush, identify, list, clear/],
    [["pump-7", "flush", "now"], /"flush" takes no value, not "now"/],
    [["pump-7", "identify", "--tag", "wifi"], /"identify" has no tag/],
    [["pump 7", "flush"], /Cannot command device "pump 7": an id is/],
    [["pump-7"], /say what device "pump-7" shall do/],
    [["pump-7", "level", "debug", "--tag", "t".repeat(65)], /tag Too big: .*64 characters/],
    [["pump-7", "flush", "--for", "long"], /A duration is a number with ms, s, m, h or d/],
  ])("refuses %j", async (args, message) => {
    await expect(run(...args)).rejects.toThrow(message);
    expect(await run("list")).toEqual(["No commands."]);
  });
});
