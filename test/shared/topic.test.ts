import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  agentTopic,
  fleetFilter,
  isDeviceId,
  parseTopic,
  shardOf,
  topicOf,
} from "../../shared/topic.ts";

const anyDevice = fc.stringMatching(/^[A-Za-z0-9._-]{1,64}$/);
const anyChannel = fc.constantFrom("up" as const, "down" as const, "state" as const);

describe("topic", () => {
  it("is read back as it was made", () => {
    fc.assert(
      fc.property(anyDevice, anyChannel, (device, channel) => {
        const topic = topicOf("my/fleet", device, channel);

        expect(parseTopic("my/fleet", topic)).toEqual({ device, shard: shardOf(device), channel });
      }),
    );
  });

  it("names prefix, shard, device and channel", () => {
    expect(topicOf("fleetlog/1", "pump-7", "up")).toBe("fleetlog/1/51/pump-7/up");
  });

  it("keeps a shard that is not the device's, for the agent to refuse", () => {
    expect(parseTopic("p", "p/3/pump-7/up")).toEqual({ device: "pump-7", shard: 3, channel: "up" });
  });

  it.each([
    "fleetlog/1/51/pump-7",
    "fleetlog/1/51/pump-7/up/more",
    "fleetlog/1/51/pump 7/up",
    "fleetlog/1/51//up",
    "fleetlog/1/051/pump-7/up",
    "fleetlog/1/-1/pump-7/up",
    "fleetlog/1/x/pump-7/up",
    "fleetlog/1/51/pump-7/sideways",
    "fleetlog/11/51/pump-7/up",
    "fleetlog/1",
    "",
  ])("is none of ours: %s", (topic) => {
    expect(parseTopic("fleetlog/1", topic)).toBeNull();
  });

  it("never makes the parser throw", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(() => parseTopic("p", `p/${text}`)).not.toThrow();
      }),
    );
  });
});

describe("fleetFilter", () => {
  it("covers every device of every shard on one channel", () => {
    expect(fleetFilter("fleetlog/1", "up", "+")).toBe("fleetlog/1/+/+/up");
  });

  it("covers every device of one shard", () => {
    expect(fleetFilter("fleetlog/1", "state", 51)).toBe("fleetlog/1/51/+/state");
  });
});

describe("agentTopic", () => {
  it("is no topic of a device", () => {
    expect(agentTopic("fleetlog/1")).toBe("fleetlog/1/agent");
    expect(parseTopic("fleetlog/1", agentTopic("fleetlog/1"))).toBeNull();
  });
});

describe("device id", () => {
  it.each(["a", "pump-7", "A.b_c-9", "x".repeat(64)])("may be %s", (id) => {
    expect(isDeviceId(id)).toBe(true);
  });

  it.each(["", "x".repeat(65), "a/b", "a+", "#", "pump 7", "é", "a\n"])("cannot be %j", (id) => {
    expect(isDeviceId(id)).toBe(false);
  });
});

describe("shard", () => {
  it("is the CRC-32 of the device id modulo 64", () => {
    expect(shardOf("123456789")).toBe(0xcbf43926 % 64);
  });
});
