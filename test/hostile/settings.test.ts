import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { checkSettings, readSettings } from "../../agent/config.ts";
import { AgentError } from "../../agent/errors.ts";
import { scratchDirectory } from "../support/local-endpoint.ts";

/** Values of each kind, as TOML. */
const values = {
  text: '"x"',
  empty: '""',
  control: '"\\u0000"',
  long: `"${"x".repeat(70_000)}"`,
  integer: "7",
  negative: "-1",
  fraction: "1.5",
  large: "9007199254740993",
  nan: "nan",
  infinite: "inf",
  boolean: "true",
  date: "1979-05-27T07:32:00Z",
  list: "[1]",
  table: "{ unknown = 1 }",
};

type Kind = keyof typeof values;

const numbers: Kind[] = ["integer", "negative", "fraction", "large", "nan", "infinite"];
const texts: Kind[] = ["text", "empty", "control", "long"];
const others: Kind[] = ["boolean", "date", "list", "table"];

const notText: Kind[] = [...numbers, ...others];
const notNumber: Kind[] = [...texts, "large", "nan", "infinite", ...others];
const notInteger: Kind[] = [...notNumber, "fraction"];
const notBoolean: Kind[] = [...numbers, ...texts, "date", "list", "table"];
const notTable: Kind[] = [...numbers, ...texts, "boolean", "date", "list", "table"];
const notChoice: Kind[] = [...notText, ...texts];

/** What each setting must refuse. */
const wrong: Record<string, readonly Kind[]> = {
  data: [...notText, "empty"],
  dictionaries: [...notText, "empty"],
  fleet: [...notText, "empty", "control", "long"],
  devicesInMemory: [...notInteger, "negative"],
  mqtt: notTable,
  "mqtt.host": [...notText, "empty"],
  "mqtt.port": [...notInteger, "negative"],
  "mqtt.allowAnonymous": notBoolean,
  "mqtt.url": [...notText, ...texts],
  "mqtt.username": notText,
  "mqtt.password": notText,
  "mqtt.prefix": [...notText, "empty"],
  "mqtt.version": notChoice,
  "mqtt.clientId": [...notText, "empty", "long"],
  "mqtt.connections": [...notInteger, "negative"],
  "mqtt.limits": notChoice,
  "mqtt.ca": [...notText, "empty"],
  "mqtt.cert": [...notText, "empty"],
  "mqtt.key": [...notText, "empty"],
  "mqtt.alpn": [...notText, "empty", "long"],
  "mqtt.passwords": [...notText, "empty"],
  "mqtt.maxConnections": [...notInteger, "negative"],
  "mqtt.keepAliveMs": [...notInteger, "negative", "integer"],
  cloudwatch: notTable,
  "cloudwatch.region": [...notText, "empty"],
  "cloudwatch.endpoint": [...notText, ...texts],
  "cloudwatch.group": [...notText, "empty", "control", "long"],
  "cloudwatch.stream": [...notText, "empty", "long"],
  "cloudwatch.retentionDays": [...notInteger, "negative"],
  "cloudwatch.tags": [...numbers, ...texts, "boolean", "date", "list"],
  "cloudwatch.tags.team": [...notText, "long"],
  "cloudwatch.class": notChoice,
  "cloudwatch.kmsKeyId": [...notText, "empty", "long"],
  "cloudwatch.message": notChoice,
  "cloudwatch.gzip": notBoolean,
  delivery: notTable,
  "delivery.flushAfterMs": [...notInteger, "negative"],
  "delivery.callsPerSecond": [...notInteger, "negative"],
  "delivery.workers": [...notInteger, "negative"],
  "delivery.unknownOutcomeWaitMs": [...notInteger, "negative"],
  "delivery.refusedStamps": notChoice,
  "delivery.redact": [...numbers, ...texts, "boolean", "date", "list", "table"],
  "delivery.dictionaryWaitMs": [...notInteger, "negative"],
  "delivery.dictionaryWaitBytes": [...notInteger, "negative"],
  "delivery.drainMs": [...notInteger, "negative"],
  spool: notTable,
  "spool.limitBytes": [...notInteger, "negative", "integer"],
  "spool.laneShare": [...notNumber, "negative", "integer", "fraction"],
  "spool.limitDevices": [...notInteger, "negative"],
  "spool.limitDeadLetters": [...notInteger, "negative"],
  "spool.reserveBytes": [...notInteger, "negative"],
  page: notTable,
  "page.host": [...notText, "empty"],
  "page.port": [...notInteger, "negative"],
  route: notTable,
  redis: notTable,
  "redis.url": [...notText, ...texts],
  "redis.leaseMs": [...notInteger, "negative", "integer"],
};

const cases = Object.entries(wrong).flatMap(([key, kinds]) =>
  kinds.map((kind) => [key, kind] as const),
);

/** Characters of a line, whatever the value. */
const lineLimit = 400;

const fileOf = async (toml: string): Promise<string> => {
  const path = join(await scratchDirectory(), "fleetlog.toml");
  await writeFile(path, toml);
  return path;
};

const faultOf = (path: string): Promise<Error> =>
  readSettings(path).then(
    () => expect.fail("the settings were taken"),
    (thrown: Error) => thrown,
  );

describe("a setting that is wrong", () => {
  it.each(cases)("is refused in one line with file and key: %s, %s", async (key, kind) => {
    const path = await fileOf(`${key} = ${values[kind]}\n`);

    const fault = await faultOf(path);
    const [first, line, ...more] = fault.message.split("\n");

    expect(fault).toBeInstanceOf(AgentError);
    expect(first).toBe(`Cannot use settings from "${path}":`);
    expect(line?.startsWith(`  ${key}`)).toBe(true);
    expect(line).not.toMatch(/not (null|undefined|\{\})$/);
    expect(line?.length).toBeLessThan(lineLimit);
    expect(more).toEqual([]);
  });

  it("is covered here whatever its key: each one that has a default", () => {
    const keysOf = (table: object, before: string): string[] =>
      Object.entries(table).flatMap(([name, value]) =>
        typeof value === "object" && name !== "tags"
          ? [before + name, ...keysOf(value as object, `${before}${name}.`)]
          : [before + name],
      );

    const keys = keysOf(checkSettings({}, "the test"), "");

    expect(keys.filter((key) => wrong[key] === undefined)).toEqual([]);
  });
});

const manyKeys = (count: number): string =>
  Array.from({ length: count }, (_, index) => `unknown${index} = 1\n`).join("");

describe("a settings file that is hostile", () => {
  it.each([
    ["nests tables without end", `${"[".repeat(50_000)}`],
    ["nests lists without end", `data = ${"[".repeat(50_000)}`],
    ["names a key twice", 'data = "a"\ndata = "b"\n'],
    ["makes a table of a list of tables", "[[mqtt]]\nport = 1\n"],
    ["reaches for what every object has", "[__proto__]\nport = 1\n"],
    ["is no text", "\u0000\u0001\ufffd"],
    ["has thousands of faults", manyKeys(5_000)],
    ["has a key without end", `${"k".repeat(70_000)} = 1\n`],
  ])("is refused with a message of bounded length where it %s", async (_, toml) => {
    const path = await fileOf(toml);

    const fault = await faultOf(path);

    expect(fault).toBeInstanceOf(AgentError);
    expect(fault.message).toContain(path);
    expect(fault.message.length).toBeLessThan(10_000);
  });

  it("cannot write lines of its own into the message", async () => {
    const path = await fileOf('"a\\nfleet: is fine" = 1\n');

    const fault = await faultOf(path);

    expect(fault.message.split("\n")).toEqual([
      `Cannot use settings from "${path}":`,
      '  "a\\nfleet: is fine": is no setting',
    ]);
  });
});
