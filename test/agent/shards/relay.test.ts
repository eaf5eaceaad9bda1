import { describe, expect, it, vi } from "vitest";
import { createRelay, type Relay } from "../../../agent/shards/relay.ts";
import { type Source, shardOf } from "../../../shared/topic.ts";
import { redisForTests } from "../../support/redis.ts";

const sourceOf = (device: string): Source => ({ device, shard: shardOf(device), channel: "up" });

const payload = Uint8Array.of(0xa2, 0x0a, 0x00, 0xff);

describe("relay", () => {
  const redisOf = redisForTests();
  let fleets = 0;

  const agents = async () => {
    const fleet = `relay-${fleets++}`;
    const heard: string[] = [];
    const start = (name: string): Promise<Relay> =>
      createRelay({
        redis: redisOf(),
        listener: redisOf(),
        fleet,
        onFrame: ({ device }, bytes) => heard.push(`${name} up ${device} ${[...bytes]}`),
        onDown: (device, bytes) => heard.push(`${name} down ${device} ${[...bytes]}`),
        onLost: () => heard.push(`${name} lost`),
      });
    return { first: await start("first"), second: await start("second"), heard };
  };

  it("takes a frame to the owner of its shard alone", async () => {
    const { first, second, heard } = await agents();
    await second.own(new Set([shardOf("pump-7")]));

    first.up(sourceOf("pump-7"), payload);

    await vi.waitFor(() => expect(heard).toEqual([`second up pump-7 ${[...payload]}`]));
  });

  it("takes no more frames of a shard that was given up", async () => {
    const { first, second, heard } = await agents();
    await second.own(new Set([shardOf("pump-7"), shardOf("pump-8")]));
    await second.own(new Set([shardOf("pump-8")]));

    first.up(sourceOf("pump-7"), payload);
    first.up(sourceOf("pump-8"), payload);

    await vi.waitFor(() => expect(heard).toEqual([`second up pump-8 ${[...payload]}`]));
  });

  it("takes acks to every agent, for one of them has the device", async () => {
    const { second, heard } = await agents();

    second.down("pump-7", payload);

    await vi.waitFor(() =>
      expect(heard.sort()).toEqual([
        `first down pump-7 ${[...payload]}`,
        `second down pump-7 ${[...payload]}`,
      ]),
    );
  });
});
