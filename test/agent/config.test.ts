import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { checkSettings, readSettings } from "../../agent/config.ts";
import { scratchDirectory } from "../support/local-endpoint.ts";

/** The lines of the fault that settings have. */
const faultsOf = (input: unknown): string[] => {
  try {
    checkSettings(input, "the test");
  } catch (fault) {
    return (fault as Error).message.split("\n").slice(1);
  }
  return [];
};

const fileOf = async (toml: string): Promise<string> => {
  const path = join(await scratchDirectory(), "fleetlog.toml");
  await writeFile(path, toml);
  return path;
};

describe("settings", () => {
  it("have a default for everything", () => {
    const settings = checkSettings({}, "the test");

    expect(settings).toEqual({
      data: "fleetlog-data",
      fleet: "default",
      devicesInMemory: 100_000,
      mqtt: {
        host: "127.0.0.1",
        port: 1883,
        allowAnonymous: false,
        maxConnections: 16_384,
        prefix: "fleetlog/1",
      },
      cloudwatch: {
        group: "/fleetlog/{fleet}",
        stream: "{device}",
        class: "STANDARD",
        retentionDays: 30,
        tags: {},
        message: "json",
        gzip: true,
      },
      delivery: {
        flushAfterMs: 5_000,
        callsPerSecond: 1_000,
        workers: 64,
        unknownOutcomeWaitMs: 60_000,
        refusedStamps: "restamp",
        dictionaryWaitMs: 86_400_000,
        dictionaryWaitBytes: 67_108_864,
        drainMs: 10_000,
      },
      spool: {
        limitBytes: 1_073_741_824,
        laneShare: 0.25,
        limitDevices: 100_000,
        limitDeadLetters: 10_000,
      },
    });
  });

  it("are refused with every fault at once, each with its key and its value", () => {
    const faults = faultsOf({
      fleet: "no spaces",
      mqtt: { host: "0.0.0.0", port: 70_000, prefix: "a/#" },
      cloudwatch: { retentionDays: 31, message: "xml", stream: "{devise}", group: "{day}" },
      delivery: { workers: 1.5 },
      spool: { limitBytes: "1 GB" },
    });

    expect(faults.map((fault) => fault.split(":")[0]?.trim())).toEqual([
      "fleet",
      "mqtt.port",
      "mqtt.prefix",
      "mqtt.host",
      "cloudwatch.group",
      "cloudwatch.stream",
      "cloudwatch.retentionDays",
      "cloudwatch.message",
      "delivery.workers",
      "spool.limitBytes",
    ]);
    expect(faults[0]).toBe('  fleet: is not 1 to 64 of A-Z a-z 0-9 . _ -, not "no spaces"');
    expect(faults[4]).toBe('  cloudwatch.group: {day} is not known, use {fleet}, not "{day}"');
    expect(faults[9]).toContain('not "1 GB"');
  });

  it("are refused where a key is no setting, at any depth", () => {
    const faults = faultsOf({ colour: "red", mqtt: { prot: 1 }, spool: { limit: 1 } });

    expect(faults).toEqual([
      "  mqtt.prot: is no setting",
      "  spool.limit: is no setting",
      "  colour: is no setting",
    ]);
  });

  it("listen beyond loopback only where that is asked for", () => {
    const host = "0.0.0.0";

    const faults = faultsOf({ mqtt: { host } });

    expect(faults).toEqual([
      '  mqtt.host: lets anyone on the network connect: set mqtt.passwords, or mqtt.allowAnonymous = true if that is meant, else 127.0.0.1, not "0.0.0.0"',
    ]);
    expect(faultsOf({ mqtt: { host, allowAnonymous: true } })).toEqual([]);
    expect(faultsOf({ mqtt: { host, passwords: "passwords" } })).toEqual([]);
    expect(faultsOf({ mqtt: { host, url: "mqtts://broker" } })).toEqual([]);
  });

  it("refuse to welcome everyone beside passwords", () => {
    const faults = faultsOf({ mqtt: { passwords: "passwords", allowAnonymous: true } });

    expect(faults).toEqual([
      "  mqtt.allowAnonymous: lets devices connect without the passwords of mqtt.passwords: leave one of them out, not true",
    ]);
  });

  it("refuse a certificate without its key", () => {
    const faults = faultsOf({ mqtt: { cert: "broker.pem" } });

    expect(faults).toEqual([
      '  mqtt.cert: goes with mqtt.key: give both or none, not "broker.pem"',
    ]);
  });

  it.each(["127.0.0.1", "::1", "localhost"])("listen on %s as they are", (host) => {
    expect(faultsOf({ mqtt: { host } })).toEqual([]);
  });

  it("leave each stream room for a frame", () => {
    const faults = faultsOf({ spool: { limitBytes: 1_048_576, laneShare: 0.001 } });

    expect(faults).toEqual([
      "  spool.laneShare: must leave each stream at least 131072 bytes of spool.limitBytes, not 0.001",
    ]);
  });

  it("keep passwords out of what is said about them", () => {
    const mqtt = { password: 4711, url: "http://me:4711@broker" };

    const faults = faultsOf({ mqtt });

    expect(faults).toHaveLength(2);
    expect(faults.join()).not.toContain("4711");
  });
});

describe("settings file", () => {
  it("is read, with defaults for what it does not name", async () => {
    const path = await fileOf('fleet = "pumps"\n[mqtt]\nport = 1884\n');

    const settings = await readSettings(path);

    expect(settings).toMatchObject({ fleet: "pumps", mqtt: { port: 1884, host: "127.0.0.1" } });
  });

  it("is refused with the lines of its faults", async () => {
    const path = await fileOf("[mqtt]\nport = -1\n");

    const reading = readSettings(path);

    await expect(reading).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      message: expect.stringContaining(`Cannot use settings from "${path}":\n  mqtt.port: `),
    });
  });

  it("is refused with the place where it is no TOML, and nothing of its text", async () => {
    const path = await fileOf('fleet = "pumps"\n[mqtt]\npassword = "4711\n');

    const fault = await readSettings(path).catch((cause: unknown) => cause as Error);

    expect(fault).toMatchObject({ code: "CONFIG_INVALID" });
    expect((fault as Error).message).toMatch(/^Cannot read settings ".*": .*, line 3, column \d+$/);
    expect((fault as Error).message).not.toContain("4711");
  });

  it("is refused where it cannot be read", async () => {
    const path = join(await scratchDirectory(), "absent.toml");

    const reading = readSettings(path);

    await expect(reading).rejects.toMatchObject({
      code: "CONFIG_UNREADABLE",
      message: expect.stringContaining(`Cannot read settings "${path}": ENOENT`),
    });
  });
});
