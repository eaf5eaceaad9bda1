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
        version: "3.1.1",
        keepAliveMs: 30_000,
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
        workers: 256,
        unknownOutcomeWaitMs: 60_000,
        refusedStamps: "restamp",
        redact: [],
        dictionaryWaitMs: 86_400_000,
        dictionaryWaitBytes: 67_108_864,
        drainMs: 10_000,
      },
      page: { host: "127.0.0.1" },
      redis: { leaseMs: 10_000 },
      route: [],
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

  it("refuse passwords where everyone is welcome, or the broker is another's", () => {
    const passwords = "passwords";
    const keysOf = (mqtt: object): unknown =>
      faultsOf({ mqtt }).map((fault) => fault.split(":")[0]?.trim());

    expect(keysOf({ passwords, allowAnonymous: true })).toEqual(["mqtt.allowAnonymous"]);
    expect(keysOf({ passwords, url: "mqtts://broker" })).toEqual(["mqtt.passwords"]);
  });

  it("take a certificate for the own broker, with its key alone", () => {
    expect(faultsOf({ mqtt: { cert: "broker.pem", key: "broker.key" } })).toEqual([]);
    expect(faultsOf({ mqtt: { cert: "broker.pem" } })).toEqual([
      expect.stringMatching(/^ {2}mqtt.cert: needs mqtt.key beside it/),
    ]);
  });

  it.each(["127.0.0.1", "::1", "localhost"])("listen on %s as they are", (host) => {
    expect(faultsOf({ mqtt: { host } })).toEqual([]);
  });

  it("of a broker elsewhere are refused without one", () => {
    const tls = { ca: "ca.pem", alpn: "mqtt" };

    const faults = faultsOf({
      mqtt: { clientId: "agent", connections: 2, limits: "aws-iot", ...tls },
    });

    expect(faults.map((fault) => fault.split(",")[0])).toEqual(
      ["clientId", "connections", "limits", "ca", "alpn"].map(
        (key) => `  mqtt.${key}: is only for a broker at mqtt.url`,
      ),
    );
  });

  it("of TLS are refused where the broker is not reached by it", () => {
    const tls = { ca: "ca.pem", cert: "agent.pem", key: "agent.key", alpn: "mqtt" };

    const faults = faultsOf({ mqtt: { url: "mqtt://broker", ...tls } });

    expect(faults).toHaveLength(4);
    expect(faults[0]).toBe('  mqtt.ca: needs an mqtts:// or wss:// URL in mqtt.url, not "ca.pem"');
    expect(faultsOf({ mqtt: { url: "mqtts://broker", ...tls } })).toEqual([]);
  });

  it("have a key beside a certificate, and a certificate beside a key", () => {
    const url = "mqtts://broker";

    expect(faultsOf({ mqtt: { url, cert: "agent.pem" } })).toEqual([
      '  mqtt.cert: needs mqtt.key beside it, not "agent.pem"',
    ]);
    expect(faultsOf({ mqtt: { url, key: "agent.key" } })).toEqual([
      "  mqtt.key: needs mqtt.cert beside it, not this",
    ]);
  });

  it("make enough connections for what AWS IoT Core lets one subscribe to", () => {
    const url = "mqtts://a1b2c3-ats.iot.eu-west-1.amazonaws.com";

    expect(faultsOf({ mqtt: { url, connections: 2 } })).toEqual([
      "  mqtt.connections: must be at least 3 with the limits of AWS IoT Core, not 2",
    ]);
    expect(faultsOf({ mqtt: { url, connections: 2, limits: "none" } })).toEqual([]);
    expect(faultsOf({ mqtt: { url: "mqtt://broker", connections: 65 } })).toEqual([
      "  mqtt.connections: must be at most 64, not 65",
    ]);
  });

  it.each([
    ["3.1.1", "3.1.1"],
    ["5", "5"],
    [5, "5"],
  ])("take MQTT version %j", (version, expected) => {
    const { mqtt } = checkSettings({ mqtt: { version } }, "the test");

    expect(mqtt.version).toBe(expected);
  });

  it.each([3, "4", 3.1])("refuse MQTT version %j", (version) => {
    expect(faultsOf({ mqtt: { version } })).toHaveLength(1);
  });

  it("leave each stream room for a frame", () => {
    const faults = faultsOf({ spool: { limitBytes: 1_048_576, laneShare: 0.001 } });

    expect(faults).toEqual([
      "  spool.laneShare: must leave each stream at least 131072 bytes of spool.limitBytes, not 0.001",
    ]);
  });

  it("keep passwords out of what is said about them", () => {
    const mqtt = { password: 4711, url: "http://me:4711@broker", key: "-----BEGIN\n4711" };

    const faults = faultsOf({ mqtt });

    expect(faults).toHaveLength(3);
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
