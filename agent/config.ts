import { readFile } from "node:fs/promises";
import { parse, TomlError } from "smol-toml";
import { z } from "zod";
import { frameLimitBytes, shardCount } from "../shared/limits.ts";
import { defaultPrefix } from "../shared/topic.ts";
import { retentionDays } from "./cloudwatch/limits.ts";
import { createStreams } from "./delivery/stream.ts";
import { AgentError, messageOf } from "./errors.ts";
import { leastConnections, limitsOf } from "./intake/client/limits.ts";
import { faultsOf } from "./setting-faults.ts";
import type { MqttSettings, Settings } from "./settings.ts";

const loopback = ["127.0.0.1", "::1", "localhost"];

const integer = (least: number, most: number): z.ZodInt => z.int().min(least).max(most);

/**
 * A rule on several settings is checked although others may have faults of their own, but not these:
 * each fault is told once.
 */
const isRuled =
  (...keys: string[]) =>
  ({
    value,
    issues,
  }: {
    value: unknown;
    issues: { path?: PropertyKey[] | undefined }[];
  }): boolean =>
    typeof value === "object" &&
    value !== null &&
    issues.every(({ path = [] }) => path.length > 0 && !keys.includes(String(path[0])));

/** A table of the file. To a validator a date is an object without keys. */
const table = <Shape extends z.ZodRawShape>(shape: Shape) =>
  z.preprocess((value) => (value instanceof Date ? null : value), z.strictObject(shape));

/** A template as the streams take it. */
const template = (key: "group" | "stream"): z.ZodString =>
  z.string().superRefine((value, context) => {
    try {
      createStreams({ group: "g", stream: "s", fleet: "f", [key]: value });
    } catch (cause) {
      const message = messageOf(cause).replace(`Cannot use cloudwatch.${key} "${value}": `, "");
      context.addIssue({ code: "custom", message });
    }
  });

const path = z.string().regex(/^[^\n]+$/, "must be the path of a file");

/** A version may be written as a number, where it is one. */
const wholeAsText = (value: unknown): unknown => (Number.isInteger(value) ? String(value) : value);

/** Settings of the connection to a broker that runs elsewhere. */
const clientKeys = ["clientId", "connections", "limits", "ca", "cert", "key", "alpn"] as const;

/** Of these, the ones that only TLS has. */
const tlsKeys = ["ca", "cert", "key", "alpn"] as const;

type ClientSettings = Pick<MqttSettings, (typeof clientKeys)[number] | "url">;

/** What does not go together in the connection to a broker: the key at fault, and why. */
const clientFaults = (mqtt: ClientSettings): [keyof ClientSettings, string][] => {
  const { url, cert, key, connections, limits } = mqtt;
  const given = clientKeys.filter((each) => mqtt[each] !== undefined);
  if (url === undefined) return given.map((each) => [each, "is only for a broker at mqtt.url"]);
  const faults: [keyof ClientSettings, string][] = [];
  if (!/^(mqtts|wss):/.test(url)) {
    const tls = tlsKeys.filter((each) => mqtt[each] !== undefined);
    for (const each of tls) faults.push([each, "needs an mqtts:// or wss:// URL in mqtt.url"]);
  }
  if (cert !== undefined && key === undefined) faults.push(["cert", "needs mqtt.key beside it"]);
  if (key !== undefined && cert === undefined) faults.push(["key", "needs mqtt.cert beside it"]);
  const least = leastConnections(limitsOf(url, limits));
  if (connections !== undefined && connections < least) {
    faults.push(["connections", `must be at least ${least} with the limits of AWS IoT Core`]);
  }
  return faults;
};

const mqttSchema = table({
  host: z.string().min(1).default("127.0.0.1"),
  port: integer(0, 65_535).default(1883),
  allowAnonymous: z.boolean().default(false),
  url: z
    .string()
    .regex(/^(mqtts?|wss?):\/\/./, "is no mqtt://, mqtts://, ws:// or wss:// URL")
    .optional(),
  username: z.string().optional(),
  password: z.string().optional(),
  prefix: z
    .string()
    .regex(/^[^+#]+[^+#/]$/, "is no topic prefix")
    .default(defaultPrefix),
  version: z.preprocess(wholeAsText, z.enum(["3.1.1", "5"])).default("3.1.1"),
  clientId: z
    .string()
    .regex(/^[^+#/]{1,120}$/, "is not 1 to 120 characters without + # /")
    .optional(),
  connections: integer(1, shardCount).optional(),
  limits: z.enum(["none", "aws-iot"]).optional(),
  ca: path.optional(),
  cert: path.optional(),
  key: path.optional(),
  alpn: z.string().min(1).max(255).optional(),
  keepAliveMs: integer(1_000, 1_200_000).default(30_000),
})
  .superRefine(
    (mqtt, context) => {
      for (const [key, message] of clientFaults(mqtt)) {
        context.addIssue({ code: "custom", path: [key], message, input: mqtt });
      }
    },
    { when: isRuled("url", ...clientKeys) },
  )
  .refine(
    ({ host, allowAnonymous, url }) =>
      loopback.includes(host) || allowAnonymous || url !== undefined,
    {
      path: ["host"],
      error:
        "lets anyone on the network connect: set mqtt.allowAnonymous = true if that is meant, else 127.0.0.1",
      when: isRuled("host", "allowAnonymous", "url"),
    },
  );

const cloudwatchSchema = table({
  region: z.string().min(1).optional(),
  endpoint: z.url().optional(),
  group: template("group").default("/fleetlog/{fleet}"),
  stream: template("stream").default("{device}"),
  retentionDays: z
    .int()
    .refine((days) => days === 0 || retentionDays.includes(days), {
      error: `is none of 0 ${retentionDays.join(" ")}`,
    })
    .default(30),
  tags: z
    .preprocess(
      (value) => (value instanceof Date ? null : value),
      z.record(z.string().min(1).max(128), z.string().max(256)),
    )
    .default({}),
  class: z.enum(["STANDARD", "INFREQUENT_ACCESS"]).default("STANDARD"),
  kmsKeyId: z.string().min(1).max(256).optional(),
  message: z.enum(["json", "text"]).default("json"),
  gzip: z.boolean().default(true),
});

const deliverySchema = table({
  flushAfterMs: integer(0, 3_600_000).default(5_000),
  callsPerSecond: integer(1, 5_000).default(1_000),
  workers: integer(1, 1_000).default(64),
  unknownOutcomeWaitMs: integer(0, 3_600_000).default(60_000),
  refusedStamps: z.enum(["restamp", "keep"]).default("restamp"),
  dictionaryWaitMs: integer(0, 31 * 86_400_000).default(86_400_000),
  dictionaryWaitBytes: integer(0, Number.MAX_SAFE_INTEGER).default(67_108_864),
  drainMs: integer(0, 600_000).default(10_000),
});

/** What a lane must be able to hold: the largest frame, and what is stored with it. */
const laneLeastBytes = 2 * frameLimitBytes;

const spoolSchema = table({
  limitBytes: integer(1_048_576, Number.MAX_SAFE_INTEGER).default(1_073_741_824),
  laneShare: z.number().gt(0).max(1).default(0.25),
  limitDevices: integer(1, 100_000_000).default(100_000),
  limitDeadLetters: integer(1, 1_000_000).default(10_000),
}).refine(({ limitBytes, laneShare }) => limitBytes * laneShare >= laneLeastBytes, {
  path: ["laneShare"],
  error: `must leave each stream at least ${laneLeastBytes} bytes of spool.limitBytes`,
  when: isRuled("limitBytes", "laneShare"),
});

const pageSchema = table({
  host: z.string().min(1).default("127.0.0.1"),
  port: integer(0, 65_535).optional(),
});

const redisSchema = table({
  url: z
    .string()
    .regex(/^(rediss?:\/\/.|\/)/, "is no redis:// or rediss:// URL, nor the path of a socket")
    .optional(),
  leaseMs: integer(1_000, 600_000).default(10_000),
});

const settingsSchema: z.ZodType<Settings> = z.strictObject({
  data: z.string().min(1).default("fleetlog-data"),
  dictionaries: z.string().min(1).optional(),
  fleet: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,64}$/, "is not 1 to 64 of A-Z a-z 0-9 . _ -")
    .default("default"),
  devicesInMemory: integer(1, 10_000_000).default(100_000),
  mqtt: mqttSchema.prefault({}),
  cloudwatch: cloudwatchSchema.prefault({}),
  delivery: deliverySchema.prefault({}),
  spool: spoolSchema.prefault({}),
  page: pageSchema.prefault({}),
  redis: redisSchema.prefault({}),
});

/** Faults that are told one by one. */
const faultsLimit = 50;

/** Completes settings. Throws `CONFIG_INVALID` with a line for every fault; `source` is where they are from. */
export const checkSettings = (input: unknown, source: string): Settings => {
  const checked = settingsSchema.safeParse(input);
  if (checked.success) return checked.data;
  const faults = faultsOf(checked.error, input);
  const more = faults.splice(faultsLimit);
  if (more.length > 0) faults.push(`and ${more.length} more`);
  const lines = faults.map((fault) => `\n  ${fault}`).join("");
  throw new AgentError("CONFIG_INVALID", `Cannot use settings from ${source}:${lines}`);
};

/** What is wrong, and where; without the lines around it, for one may hold a password. */
const placeOf = ({ message, line, column }: TomlError): string =>
  `${message.split("\n")[0]}, line ${line}, column ${column}`;

/** Reads a TOML file. Rejects with `CONFIG_UNREADABLE` or `CONFIG_INVALID`. */
export const readSettings = async (path: string): Promise<Settings> => {
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    throw new AgentError(
      "CONFIG_UNREADABLE",
      `Cannot read settings "${path}": ${messageOf(cause)}`,
      {
        cause,
      },
    );
  });
  try {
    // An integer beyond 2^53 - 1 is then a fault of its key.
    return checkSettings(parse(text, { integersAsBigInt: "asNeeded" }), `"${path}"`);
  } catch (cause) {
    if (!(cause instanceof TomlError)) throw cause;
    throw new AgentError("CONFIG_INVALID", `Cannot read settings "${path}": ${placeOf(cause)}`);
  }
};
