import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { ClassicLevel } from "classic-level";
import { describe, expect, it, onTestFinished } from "vitest";
import { createAgent } from "../../agent/agent.ts";
import type { IntakeEvents } from "../../agent/intake/intake.ts";
import { shardOf } from "../../shared/topic.ts";
import { bootOf, headerOf, payloadOf } from "../support/any-receipt.ts";
import { FakeCloudWatch } from "../support/fake-cloudwatch.ts";
import { scratchDirectory } from "../support/local-endpoint.ts";

const source = { device: "pump", shard: shardOf("pump"), channel: "up" } as const;

/** An agent on the folder, to which a test hands frames. */
const startAgent = async (data: string) => {
  const events: IntakeEvents[] = [];
  const troubles: string[] = [];
  let onAck = (): void => {};
  let onFatal: (cause: unknown) => void = () => {};
  const fatal = new Promise<unknown>((resolve) => {
    onFatal = resolve;
  });
  const settings = { data, delivery: { drainMs: 0 } };
  const agent = await createAgent(settings, {
    cloudwatch: new FakeCloudWatch(),
    onTrouble: (message) => troubles.push(message),
    onFatal,
    async openIntake(given) {
      events.push(given);
      return { url: "", send: () => onAck(), stop: async () => {} };
    },
  });
  const take = (first: number): void =>
    events[0]?.onFrame(source, payloadOf(headerOf(bootOf(1), first)));
  const ack = new Promise<void>((resolve) => {
    onAck = resolve;
  });
  return { agent, ack, fatal, take, troubles };
};

/** Changes the bytes of what is known of boots. */
const spoilBoots = async (directory: string): Promise<void> => {
  const store = new ClassicLevel<string, string>(directory);
  for (const key of await store.keys({ gte: "b/", lt: "b0" }).all()) await store.put(key, "spoilt");
  await store.close();
};

describe("parts of an agent", () => {
  it("tell that the spool failed, though it cannot be noted for the next start", async () => {
    const data = await scratchDirectory();
    const directory = join(data, "spool");
    const first = await startAgent(data);
    first.take(0);
    await first.ack;
    await first.agent.stop();
    await spoilBoots(directory);
    const { agent, fatal, take, troubles } = await startAgent(data);
    onTestFinished(() => agent.stop().then(() => {}));
    // The note's place is taken, as a full disk would have no room for it.
    await mkdir(join(directory, "DAMAGED"));

    take(1);

    expect(await fatal).toMatchObject({ code: "SPOOL_DAMAGED" });
    expect(troubles).toEqual([
      expect.stringMatching(/^Cannot note in ".*spool" that it is to be repaired: EISDIR/),
    ]);
  });
});
