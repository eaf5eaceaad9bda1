import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { connect } from "mqtt";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { AWSCloudWatchLogs } from "../../agent/cloudwatch/client.ts";
import { createEndpoint, type Endpoint } from "../../agent/local/endpoint.ts";
import { connectOptions, createLogger } from "../../device/index.ts";
import { runKilledFleet } from "../bench/kill/killed-fleet.ts";
import { startLink, type TestLink } from "../support/link.ts";
import { count, keys, ordinals, readEvents, until } from "../support/system.ts";

const bin = fileURLToPath(new URL("../../dist/agent/cli/fleetlog.js", import.meta.url));

const settings = (data: string): string => `
data = "${data}"
fleet = "test"
[mqtt]
port = 0
[delivery]
flushAfterMs = 300
unknownOutcomeWaitMs = 1000
`;

describe("an agent that is killed", () => {
  let directory: string;
  let endpoint: Endpoint;
  let agent: ChildProcess;
  let port = 0;
  let link: TestLink;

  const startAgent = async (): Promise<void> => {
    agent = spawn(process.execPath, [bin, "start", "--config", join(directory, "agent.toml")], {
      env: {
        PATH: process.env.PATH,
        AWS_REGION: "us-east-1",
        AWS_ACCESS_KEY_ID: keys.accessKeyId,
        AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
        AWS_ENDPOINT_URL_CLOUDWATCH_LOGS: endpoint.url,
      },
      stdio: ["ignore", "pipe", "inherit"],
    });
    for await (const line of createInterface({ input: agent.stdout as NodeJS.ReadableStream })) {
      const { msg, mqtt } = JSON.parse(line);
      if (msg === "ready") {
        port = Number(new URL(mqtt).port);
        agent.stdout?.resume();
        return;
      }
    }
  };
  const kill = async (): Promise<void> => {
    agent.kill("SIGKILL");
    if (agent.exitCode === null && agent.signalCode === null) await once(agent, "exit");
  };

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "fleetlog-kill-"));
    endpoint = await createEndpoint({ directory: join(directory, "logs"), ...keys });
    await writeFile(join(directory, "agent.toml"), settings(join(directory, "agent")));
    await startAgent();
    link = await startLink(() => port);
  });

  afterEach(async () => {
    await kill();
    await link.stop();
    await endpoint.stop();
    await rm(directory, { recursive: true, force: true });
  });

  it("loses and doubles nothing, though it dies again and again between ack and delivery", async () => {
    const client = connect(`mqtt://127.0.0.1:${link.port}`, {
      ...connectOptions("pump-7"),
      reconnectPeriod: 50,
    });
    client.on("error", () => {});
    const log = createLogger({ device: "pump-7", mqtt: client, flushAfterMs: 20 });

    for (const round of count(4)) {
      for (const step of count(50)) log.info("event %d", round * 50 + step);
      await until("acks", () => log.stats().pending === 0);
      await kill();
      await startAgent();
    }
    await log.close();
    await client.endAsync(true);
    agent.kill("SIGTERM");
    await once(agent, "exit");
    const cloudwatch = new AWSCloudWatchLogs("us-east-1", keys.accessKeyId, keys.secretAccessKey, {
      endpoint: endpoint.url,
    });
    const events = await readEvents(cloudwatch);
    await cloudwatch.close();

    expect(ordinals(events, "pump-7")).toEqual(count(200));
  });
});

describe("a fleet whose agent is killed ten times at random moments, under load", () => {
  it("has everything delivered in order, and nothing twice that is not counted", async () => {
    const result = await runKilledFleet({
      kills: 10,
      seed: 1,
      devices: 5,
      longestLifeMs: 300,
      program: bin,
    });

    expect(result).toMatchObject({ kills: 10, missing: 0, outOfOrder: 0 });
    expect(result.logged).toBeGreaterThan(0);
    expect(result.acked).toBe(result.logged);
    expect(result.doubled).toBeLessThanOrEqual(result.counted);
  }, 120_000);
});
