import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { deadLettersCommand } from "../../../agent/cli/dead-letters.ts";
import { throttled } from "../../../agent/local/faults.ts";
import { createLevelSpool } from "../../../agent/spool/level/level-spool.ts";
import type { DeadLetter, Spool } from "../../../agent/spool/spool.ts";
import { anyLimits } from "../../support/fake-spool.ts";
import {
  makeStream,
  scratchDirectory,
  startEndpoint,
  type TestEndpoint,
  testKeys,
} from "../../support/local-endpoint.ts";

const minuteMs = 60_000;
const dayMs = 86_400_000;

describe("dead-letters command", () => {
  let directory: string;
  let service: TestEndpoint;

  beforeEach(async () => {
    directory = await scratchDirectory();
    service = await startEndpoint();
    await makeStream(service.client);
    const settings = `data = "${directory}"\n[cloudwatch]\nregion = "us-east-1"\nendpoint = "${service.endpoint.url}"\n`;
    await writeFile(join(directory, "agent.toml"), settings);
    vi.stubEnv("AWS_ACCESS_KEY_ID", testKeys.accessKeyId);
    vi.stubEnv("AWS_SECRET_ACCESS_KEY", testKeys.secretAccessKey);
    return () => {
      vi.unstubAllEnvs();
      process.exitCode = undefined;
    };
  });

  const openSpool = (): Promise<Spool> =>
    createLevelSpool({ ...anyLimits, directory: join(directory, "spool") });

  const letterAt = (epochMs: number, message: string): DeadLetter => ({
    device: "pump-7",
    reason: "tooOld",
    epochMs: Date.UTC(2026, 0, 1),
    target: { group: "g", stream: "s" },
    content: [{ timestamp: epochMs, message }],
  });
  const broken: DeadLetter = {
    device: "door-1",
    reason: "bad at byte 3",
    epochMs: Date.UTC(2026, 0, 1),
    content: { base64: "AAEC" },
  };
  const bury = async (...letters: DeadLetter[]): Promise<void> => {
    const spool = await openSpool();
    for (const letter of letters) await spool.bury(letter);
    await spool.close();
  };
  const run = async (...args: string[]): Promise<string[]> => {
    const lines: string[] = [];
    const config = join(directory, "agent.toml");
    await deadLettersCommand((line) => lines.push(line)).parseAsync([
      "node",
      "fleetlog",
      ...args,
      "--config",
      config,
    ]);
    return lines;
  };
  const messages = async (): Promise<(string | undefined)[]> => {
    const { events = [] } = await service.client.getLogEvents({
      logGroupName: "g",
      logStreamName: "s",
      startFromHead: true,
    });
    return events.map(({ message }) => message);
  };

  it("lists each letter with id, time, device, size and reason", async () => {
    await bury(letterAt(1, "a"), broken);

    const lines = await run("list");

    expect(lines).toEqual([
      "e0\t2026-01-01T00:00:00.000Z\tpump-7\t1 event\ttooOld",
      "m0\t2026-01-01T00:00:00.000Z\tdoor-1\t3 bytes\tbad at byte 3",
    ]);
  });

  it("shows a letter with all it holds", async () => {
    await bury(letterAt(1, "a"));

    const lines = await run("show", "e0");

    expect(JSON.parse(lines.join(""))).toEqual({ ...letterAt(1, "a"), id: "e0" });
  });

  it("sends a letter again and drops it once it is accepted", async () => {
    const nowMs = Date.now();
    await bury(letterAt(nowMs - minuteMs, "first"), letterAt(nowMs, "second"));

    const lines = await run("retry", "e0");

    expect(lines).toEqual(["e0: delivered, 1 event"]);
    expect(await messages()).toEqual(["first"]);
    expect((await run("list")).map((line) => line.slice(0, 2))).toEqual(["e1"]);
  });

  it("sends stamps that are too old with the nearest that is taken and their true time", async () => {
    const oldMs = Date.now() - 15 * dayMs;
    await bury(letterAt(oldMs, '{"device":"pump-7"}'), letterAt(oldMs, "INFO on"));

    await run("retry", "all");

    expect((await messages()).sort()).toEqual([
      `INFO on trueTime=${oldMs}`,
      `{"device":"pump-7","trueTime":${oldMs}}`,
    ]);
    expect(await run("list")).toEqual(["No dead letters."]);
  });

  it("keeps a letter that is refused, and says why", async () => {
    await bury(letterAt(Date.now(), "a"), broken);
    service.endpoint.faults.next(throttled, { action: "PutLogEvents" });

    const lines = await run("retry", "all");

    expect(lines[0]).toMatch(/^e0: not delivered: .*Rate exceeded; it is kept$/);
    expect(lines[1]).toBe(
      "m0: not delivered: it holds bytes that could not be read, not events; it is kept",
    );
    expect(process.exitCode).toBe(1);
    expect(await run("list")).toHaveLength(2);
  });

  it("keeps a letter whose outcome is unknown, and says that it may have been delivered", async () => {
    await bury(letterAt(Date.now(), "a"));
    service.endpoint.faults.next({ kind: "cut-after" }, { action: "PutLogEvents" });

    const lines = await run("retry", "e0");

    expect(lines[0]).toMatch(/^e0: may have been delivered, look before you try again: /);
    expect(await messages()).toEqual(["a"]);
    expect(await run("list")).toHaveLength(1);
  });

  it("sends only the rest again of a letter that was accepted in part", async () => {
    const nowMs = Date.now();
    const content = [
      { timestamp: nowMs - 2 * dayMs, message: "first" },
      { timestamp: nowMs, message: "second" },
    ];
    await bury({ ...letterAt(0, ""), content });
    service.endpoint.faults.next({ kind: "delay", delayMs: 1 }, { action: "PutLogEvents" });
    service.endpoint.faults.next(throttled, { action: "PutLogEvents" });

    const first = await run("retry", "e0");
    const second = await run("retry", "all");

    expect(first[0]).toContain("the rest is kept");
    expect(second).toEqual(["e1: delivered, 1 event"]);
    expect(await messages()).toEqual(["first", "second"]);
  });

  it("drops one letter, or all", async () => {
    await bury(letterAt(1, "a"), letterAt(2, "b"), broken);

    const one = await run("drop", "e1");
    const afterOne = await run("list");
    const all = await run("drop", "all");

    expect([one, all]).toEqual([["Dropped 1."], ["Dropped 2."]]);
    expect(afterOne.map((line) => line.slice(0, 2))).toEqual(["e0", "m0"]);
    expect(await run("list")).toEqual(["No dead letters."]);
  });

  it("says so when there is no such letter, no spool, or the agent is running", async () => {
    const absent = run("list");
    await expect(absent).rejects.toMatchObject({ code: "SPOOL_ABSENT" });
    const spool = await openSpool();
    onTestFinished(() => spool.close());

    const locked = run("list");

    await expect(locked).rejects.toMatchObject({
      code: "SPOOL_LOCKED",
      message: `Cannot open the dead letters in "${directory}": the agent is running on them, stop it first`,
    });
    await spool.close();
    await expect(run("show", "e7")).rejects.toMatchObject({ code: "LETTER_UNKNOWN" });
  });
});
