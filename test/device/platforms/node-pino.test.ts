import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Logger } from "../../../device/index.ts";
import { logPinoLine } from "../../../device/platforms/node-pino.ts";
import { eventsOf } from "../../support/fake-agent.ts";
import { brokerWithAgent } from "../../support/gateway-bench.ts";

const program = fileURLToPath(new URL("../../support/pino-child.mjs", import.meta.url));

/** What a line of pino's makes a logger log. */
const logged = (line: unknown): unknown[] => {
  const calls: unknown[][] = [];
  const methods = (tag: string) =>
    Object.fromEntries(
      ["debug", "info", "warn", "error", "fatal"].map((level) => [
        level,
        (...values: unknown[]) => calls.push([level, ...(tag ? [tag] : []), ...values]),
      ]),
    );
  const log = { ...methods(""), tag: methods } as unknown as Logger;
  logPinoLine(log, typeof line === "string" ? line : JSON.stringify(line));
  return calls[0] as unknown[];
};

describe("pino transport", () => {
  it("delivers from its worker all that pino was told before the program ended", async () => {
    const { server, agent } = await brokerWithAgent();
    const child = spawn(process.execPath, [program, server.url, "3000"], { stdio: "inherit" });
    onTestFinished(() => void child.kill("SIGKILL"));

    const [code] = await once(child, "close");

    const events = eventsOf(agent).map(({ site, values }) => [
      site.level,
      site.tag,
      site.format,
      ...values,
    ]);
    expect(code).toBe(0);
    expect(events.slice(0, 2)).toEqual([
      ["info", "", "started"],
      ["warn", "wifi", "100%% weak", { json: '{"rssi":-71}' }],
    ]);
    expect(events[2]?.slice(0, 3)).toEqual(["error", "", "too far"]);
    expect(events[2]?.[3]).toMatchObject({ json: expect.stringContaining('"type":"RangeError"') });
    expect(events[3]).toEqual(["debug", "", "temp 21"]);
    expect(events.slice(4)).toEqual(
      Array.from({ length: 3_000 }, (_, event) => [
        "info",
        "",
        "measured",
        { json: JSON.stringify({ event }) },
      ]),
    );
  });

  it.each([
    [10, "debug"],
    [20, "debug"],
    [30, "info"],
    [35, "info"],
    [40, "warn"],
    [50, "error"],
    [60, "fatal"],
    [undefined, "info"],
  ])("maps level %s to %s", (level, name) => {
    expect(logged({ level, msg: "started" })).toEqual([name, "started"]);
  });

  it("leaves out what the agent knows better, and takes the name for the tag", () => {
    const line = { level: 30, time: 1, pid: 2, hostname: "pi", name: "wifi", msg: "up", at: 3 };

    expect(logged(line)).toEqual(["info", "wifi", "up", { at: 3 }]);
  });

  it.each(["no json", "[", "null", "5"])(
    "logs %j, which is no line of pino's, as it is",
    (line) => {
      expect(logged(line)).toEqual(["info", "%s", line]);
    },
  );
});
