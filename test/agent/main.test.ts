import { once } from "node:events";
import { createServer } from "node:net";
import { join } from "node:path";
import { ClassicLevel } from "classic-level";
import { describe, expect, it, onTestFinished } from "vitest";
import { decodeAck } from "../../shared/codec/downlink.ts";
import { topicOf } from "../../shared/topic.ts";
import { startAgentProcess } from "../support/agent-process.ts";
import { bootOf, headerOf, payloadOf } from "../support/any-receipt.ts";
import { makeStream, scratchDirectory, startEndpoint } from "../support/local-endpoint.ts";
import { connectClient } from "../support/mqtt-client.ts";

const prefix = "fleetlog/1";

/** Settings for any free port, with short patience at the end. */
const settingsOf = (data: string, mqtt = "port = 0"): string =>
  [`data = "${data}"`, "[mqtt]", mqtt, "[delivery]", "drainMs = 100"].join("\n");

const ackOf = async (mqttUrl: string, first: number): Promise<number> => {
  const device = await connectClient(mqttUrl);
  await device.subscribeAsync(topicOf(prefix, "pump", "down"));
  device.publish(topicOf(prefix, "pump", "up"), Buffer.from(payloadOf(headerOf(bootOf(1), first))));
  const decoded = decodeAck(Uint8Array.from((await device.nextMessage()).payload));
  return decoded.ok ? decoded.ack.next : -1;
};

/** Changes the bytes of what is known of boots. */
const spoilBoots = async (directory: string): Promise<void> => {
  const store = new ClassicLevel<string, string>(directory);
  for (const key of await store.keys({ gte: "b/", lt: "b0" }).all()) await store.put(key, "spoilt");
  await store.close();
};

describe("agent process", () => {
  it("says when it is ready, takes frames, and stops cleanly on SIGTERM", async () => {
    const agent = await startAgentProcess(settingsOf(await scratchDirectory()));
    const { mqtt, group, stream } = await agent.said("ready");
    const next = await ackOf(String(mqtt), 0);

    agent.child.kill("SIGTERM");
    const { code, errors } = await agent.ended();

    expect({ group, stream }).toEqual({ group: "/fleetlog/{fleet}", stream: "{device}" });
    expect(next).toBe(1);
    expect(code).toBe(0);
    expect(errors).toBe("");
    expect(agent.lines().at(-1)).toMatchObject({ msg: "stopped", framesStored: 1 });
  });

  it("goes on after SIGKILL where it was", async () => {
    const data = await scratchDirectory();
    const killed = await startAgentProcess(settingsOf(data));
    await ackOf(String((await killed.said("ready")).mqtt), 0);
    killed.child.kill("SIGKILL");
    await killed.ended();

    const agent = await startAgentProcess(settingsOf(data));
    const next = await ackOf(String((await agent.said("ready")).mqtt), 1);

    expect(next).toBe(2);
  });

  it("tells of each repeat at once, so that the count outlives the process", async () => {
    const { endpoint, client } = await startEndpoint({ visibilityDelayMs: 60_000 });
    await makeStream(client, "pump", "/fleetlog/default");
    endpoint.faults.next({ kind: "cut-after" }, { action: "PutLogEvents" });
    const settings = [
      `data = "${await scratchDirectory()}"`,
      "[mqtt]\nport = 0",
      `[cloudwatch]\nendpoint = "${endpoint.url}"`,
      "[delivery]\nflushAfterMs = 10\nunknownOutcomeWaitMs = 0",
    ];
    const agent = await startAgentProcess(settings.join("\n"));
    await ackOf(String((await agent.said("ready")).mqtt), 0);

    const line = await agent.said("sending events again that may have been delivered");

    expect(line).toMatchObject({ possiblyDuplicated: 1 });
  });

  it("ends with code 1 and says why where its store fails it, and repairs that when it starts again", async () => {
    const data = await scratchDirectory();
    const first = await startAgentProcess(settingsOf(data));
    await ackOf(String((await first.said("ready")).mqtt), 0);
    first.child.kill("SIGTERM");
    await first.ended();
    await spoilBoots(join(data, "spool"));

    const failing = await startAgentProcess(settingsOf(data));
    const device = await connectClient(String((await failing.said("ready")).mqtt));
    const payload = Buffer.from(payloadOf(headerOf(bootOf(1), 1)));
    device.publish(topicOf(prefix, "pump", "up"), payload);
    const { code } = await failing.ended();
    const again = await startAgentProcess(settingsOf(data));
    await again.said("ready");

    const fatal = 60;
    expect(code).toBe(1);
    expect(failing.lines().at(-1)).toMatchObject({
      level: fatal,
      msg: expect.stringMatching(
        /^Cannot read "b\/pump\/.*" from the spool: its checksum is wrong, .*; start the agent again to repair/,
      ),
    });
    expect(again.lines()[0]?.msg).toMatch(
      /^Repaired spool ".*", which was damaged: Cannot read "b/,
    );
  });

  it("says how far AWS's clock is ahead of the machine's", async () => {
    const { endpoint, client } = await startEndpoint();
    await makeStream(client, "pump", "/fleetlog/default");
    const settings = [
      `data = "${await scratchDirectory()}"`,
      "[mqtt]\nport = 0",
      `[cloudwatch]\nendpoint = "${endpoint.url}"`,
    ];
    const agent = await startAgentProcess(settings.join("\n"));
    await ackOf(String((await agent.said("ready")).mqtt), 0);

    agent.child.kill("SIGTERM");
    await agent.ended();

    const { clockOffsetMs, isDrained } = agent.lines().at(-1) as Record<string, unknown>;
    expect(isDrained).toBe(true);
    expect(Math.abs(Number(clockOffsetMs))).toBeLessThan(30_000);
  });

  it("stops on SIGINT as well", async () => {
    const agent = await startAgentProcess(settingsOf(await scratchDirectory()));
    await agent.said("ready");

    agent.child.kill("SIGINT");

    expect((await agent.ended()).code).toBe(0);
  });

  it("warns where anyone can connect", async () => {
    const mqtt = 'host = "0.0.0.0"\nport = 0\nallowAnonymous = true';

    const agent = await startAgentProcess(settingsOf(await scratchDirectory(), mqtt));

    const { mqtt: url } = await agent.said("ready");

    await agent.said(`Anyone who reaches ${url} can connect and log under any name`);
  });

  it("ends with the lines of every fault in its settings", async () => {
    const agent = await startAgentProcess('fleet = "a b"\n[mqtt]\nport = -1\n');

    const { code, errors } = await agent.ended();

    expect(code).toBe(1);
    expect(errors).toMatch(/^Cannot use settings from ".*":\n {2}fleet: .*\n {2}mqtt.port: .*\n$/);
  });

  it("ends and says so when another agent holds its data", async () => {
    const data = await scratchDirectory();
    const first = await startAgentProcess(settingsOf(data));
    await first.said("ready");

    const second = await startAgentProcess(settingsOf(data));
    const { code, errors } = await second.ended();

    expect(code).toBe(1);
    expect(errors).toBe(
      `Cannot open spool "${join(data, "spool")}": another agent holds it, stop that agent or set another "data"\n`,
    );
  });

  it("ends and says so when another program has its port", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    onTestFinished(() => {
      other.close();
    });
    const { port } = other.address() as { port: number };

    const agent = await startAgentProcess(settingsOf(await scratchDirectory(), `port = ${port}`));
    const { code, errors } = await agent.ended();

    expect(code).toBe(1);
    expect(errors).toContain(`Cannot listen for devices on 127.0.0.1:${port}`);
  });
});
