import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import { eventsOf } from "../../support/fake-agent.ts";
import { brokerWithAgent } from "../../support/gateway-bench.ts";

const program = fileURLToPath(new URL("../../support/exit-child.mjs", import.meta.url));

interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
  errors: string;
}

const start = (url: string, how: string): { child: ChildProcess; ended: Promise<Exit> } => {
  const child = spawn(process.execPath, [program, url, how]);
  let errors = "";
  child.stderr.on("data", (chunk) => {
    errors += String(chunk);
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const ended = once(child, "close").then(([code, signal]) => ({ code, signal, errors }));
  return { child, ended };
};

/** Runs the program to its end; answers how it ended, and what the agent has of it. */
const run = async (how: string, signal?: NodeJS.Signals) => {
  const { server, agent } = await brokerWithAgent();
  const { child, ended } = start(server.url, how);
  if (signal !== undefined) {
    await once(child.stdout as NodeJS.ReadableStream, "data");
    child.kill(signal);
  }
  const exit = await ended;
  const events = eventsOf(agent).map(({ site, values }) => [site.level, site.format, ...values]);
  const isEnded = [...agent.entries.values()].at(-1)?.kind === "end";
  return { exit, events, isEnded };
};

const started = ["info", "started"];

describe("captureExit", () => {
  it.each(["SIGTERM", "SIGINT", "SIGHUP"] as const)("sends what waits on %s", async (signal) => {
    const { exit, events, isEnded } = await run("wait", signal);

    expect(events).toEqual([started]);
    expect(isEnded).toBe(true);
    expect(exit).toEqual({ code: null, signal, errors: "" });
  });

  it.each([
    ["throw", "uncaught exception: %s"],
    ["reject", "unhandled rejection: %s"],
  ])("sends one fatal event on %s, and the process ends as ever", async (how, format) => {
    const { exit, events, isEnded } = await run(how);

    const stack = expect.objectContaining({ json: expect.stringContaining("exit-child.mjs") });
    expect(events).toEqual([started, ["fatal", format, "RangeError: too far", stack]]);
    expect(isEnded).toBe(true);
    expect(exit.code).toBe(1);
    expect(exit.errors).toMatch(/RangeError: too far\n {4}at .*exit-child\.mjs/);
  });

  it("sends a rejection with what is no error", async () => {
    const { exit, events } = await run("reject-text");

    expect(events[1]?.slice(0, 2)).toEqual(["fatal", "unhandled rejection: %s"]);
    expect(String(events[1]?.[2])).toContain("too far");
    expect(exit.code).toBe(1);
  });

  it("ends within its limit where there is no broker", async () => {
    const { ended } = start("mqtt://127.0.0.1:1", "throw-offline");

    const { code, errors } = await ended;

    expect(code).toBe(1);
    expect(errors).toContain("RangeError: too far");
  });

  it("leaves the end to an application that listens to the signal itself", async () => {
    expect((await run("own-signal", "SIGTERM")).exit.code).toBe(7);
  });

  it("leaves the end to an application that catches exceptions, and logs them", async () => {
    const { exit, events } = await run("own-exception");

    expect(exit.code).toBe(8);
    expect(events[1]?.slice(0, 3)).toEqual([
      "fatal",
      "uncaught exception: %s",
      "RangeError: too far",
    ]);
  });

  it("sends what the console was told, one line before", async () => {
    const { events } = await run("console");

    expect(events).toEqual([started, ["warn", "rssi %d", -71]]);
  });
});
