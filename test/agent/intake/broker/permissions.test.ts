import type { Client, PublishPacket } from "aedes";
import { describe, expect, it } from "vitest";
import {
  createPermissions,
  type Permissions,
} from "../../../../agent/intake/broker/permissions.ts";
import { presenceLimit } from "../../../../agent/intake/intake.ts";
import { shardOf, topicOf } from "../../../../shared/topic.ts";

const prefix = "fleetlog/1";

const packetOf = (topic: string, text: string): PublishPacket => ({
  cmd: "publish",
  topic,
  payload: Buffer.from(text),
  qos: 1,
  retain: true,
  dup: false,
});

const isRetained = (permissions: Permissions, topic: string, text = "online"): boolean => {
  const packet = packetOf(topic, text);
  permissions.publish(null, packet);
  return packet.retain;
};

describe("permissions", () => {
  it("let presence be retained, and frames not", () => {
    const permissions = createPermissions(prefix);

    expect(isRetained(permissions, topicOf(prefix, "pump", "state"))).toBe(true);
    expect(isRetained(permissions, topicOf(prefix, "pump", "up"))).toBe(false);
  });

  it("let presence be retained under the one topic of a device", () => {
    const permissions = createPermissions(prefix);
    const shard = (shardOf("pump") + 1) % 64;

    expect(isRetained(permissions, `${prefix}/${shard}/pump/state`)).toBe(false);
  });

  it("let presence be retained of a bounded number of devices, and of those for good", () => {
    const permissions = createPermissions(prefix);

    for (let device = 0; device < presenceLimit; device++) {
      permissions.publish(null, packetOf(topicOf(prefix, `invented-${device}`, "state"), "online"));
    }

    expect(isRetained(permissions, topicOf(prefix, "pump", "state"))).toBe(false);
    expect(isRetained(permissions, topicOf(prefix, "invented-0", "state"), "offline")).toBe(true);
  });

  it("let a client speak for the devices it was granted, and nobody else for any", () => {
    const permissions = createPermissions(prefix, () => false);
    const [known, stranger] = [{}, {}] as Client[];
    const isRefused = (client: Client | undefined, device: string): boolean =>
      permissions.publish(client as Client, packetOf(topicOf(prefix, device, "up"), "")) instanceof
      Error;

    permissions.grant(known as Client, (device) => device === "pump");

    expect([isRefused(known, "pump"), isRefused(known, "door")]).toEqual([false, true]);
    expect(isRefused(stranger, "pump")).toBe(true);
  });

  it("let presence be cleared", () => {
    const packet = packetOf(topicOf(prefix, "pump", "state"), "");

    const source = createPermissions(prefix).publish(null, packet);

    expect(source).toMatchObject({ device: "pump", channel: "state" });
  });

  it("let a connection listen on a bounded number of topics", () => {
    const permissions = createPermissions(prefix);
    const [client, other] = [{}, {}] as Client[];
    const subscription = { topic: topicOf(prefix, "pump", "down"), qos: 0 } as const;

    const granted = Array.from({ length: 1_001 }, () =>
      permissions.subscribe(client as Client, subscription),
    );

    expect(granted.lastIndexOf(true)).toBe(999);
    expect(permissions.subscribe(other as Client, subscription)).toBe(true);
  });
});
