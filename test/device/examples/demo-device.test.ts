import { fork } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { RecordedCall } from "../../../device/examples/recorded-log.ts";
import { eventsOf, type FakeAgent, fakeAgent } from "../../support/fake-agent.ts";
import { type LoopbackBroker, loopbackBroker } from "../../support/loopback-broker.ts";

const entry = fileURLToPath(
  new URL("../../../dist/device/examples/demo-device.js", import.meta.url),
);

interface StatsMessage {
  type: "stats";
  boot: string;
  logged: number;
  acked: number;
  pending: number;
  dropped: { [reason: string]: number };
}

describe("demo device", () => {
  let server: LoopbackBroker;
  let agent: FakeAgent;
  let folder: string;

  beforeEach(async () => {
    server = await loopbackBroker();
    agent = fakeAgent();
    folder = await mkdtemp(join(tmpdir(), "fleetlog-demo-"));
    server.broker.on("publish", (packet, client) => {
      if (client === null || !packet.topic.endsWith("/up")) return;
      const ack = agent.receive(new Uint8Array(packet.payload as Buffer));
      void server.publish(packet.topic.replace(/up$/, "down"), ack);
    });
  });
  afterEach(async () => {
    await server.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** Runs the process until its third report, asks it to stop; answers its last report. */
  const runDevice = async (record: string, onReport: (count: number) => unknown) => {
    const place = ["--program", "door", "--device", "door-1"];
    const child = fork(entry, [...place, "--mqtt", server.url, "--record", record]);
    let reports = 0;
    let last: StatsMessage | undefined;
    child.on("message", (message: StatsMessage) => {
      last = message;
      const order = onReport(++reports);
      if (order !== undefined) child.send(order as object);
    });
    const code = await new Promise<number | null>((resolve) => child.on("exit", resolve));
    return { code, last };
  };

  it("delivers what its own record says, through a cut, and stops in good order", async () => {
    const record = join(folder, "door-1.jsonl");

    const { code, last } = await runDevice(record, (count) => {
      if (count === 2) return { type: "cut", forMs: 300 };
      return count === 5 ? { type: "stop" } : undefined;
    });

    const lines = (await readFile(record, "utf8")).trim().split("\n");
    const calls = lines.map((line) => JSON.parse(line) as RecordedCall & { boot: string });
    const events = eventsOf(agent);
    expect(code).toBe(0);
    expect(events.map((event) => event.values.at(-1))).toEqual(calls.map((call) => call.ordinal));
    expect(events.map((event) => event.site.format)).toEqual(calls.map((call) => call.format));
    expect(last).toMatchObject({
      type: "stats",
      boot: calls[0]?.boot,
      logged: calls.length,
      acked: calls.length,
      pending: 0,
      dropped: {},
    });
    expect([...agent.entries.values()].at(-1)?.kind).toBe("end");
  });
});
