import { readFile } from "node:fs/promises";
import { parse, TomlError } from "smol-toml";
import { z } from "zod";
import { frameLimitBytes } from "../shared/limits.ts";
import { defaultPrefix } from "../shared/topic.ts";
import { retentionDays } from "./cloudwatch/limits.ts";
import { createStreams } from "./delivery/stream.ts";
import { AgentError, messageOf } from "./errors.ts";
import type { Settings } from "./settings.ts";

const loopback = ["127.0.0.1", "::1", "localhost"];

const integer = (least: number, most: number): z.ZodInt => z.int().min(least).max(most);

/** A rule on several settings is checked although one of them may have a fault of its own. */
const isObject = ({ value }: { value: unknown }): boolean =>
  typeof value === "object" && value !== null;

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

const mqttSchema = z
  .strictObject({
    host: z.string().min(1).default("127.0.0.1"),
    port: integer(0, 65_535).default(1883),
    allowAnonymous: z.boolean().default(false),
    passwords: z.string().min(1).optional(),
    cert: z.string().min(1).optional(),
    key: z.string().min(1).optional(),
    maxConnections: integer(1, 1_000_000).default(16_384),
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
  })
  .refine(
    ({ host, allowAnonymous, passwords, url }) =>
      loopback.includes(host) || allowAnonymous || passwords !== undefined || url !== undefined,
    {
      path: ["host"],
      error:
        "lets anyone on the network connect: set mqtt.passwords, or mqtt.allowAnonymous = true if that is meant, else 127.0.0.1",
      when: isObject,
    },
  )
  .refine(({ allowAnonymous, passwords }) => !allowAnonymous || passwords === undefined, {
    path: ["allowAnonymous"],
    error: "lets devices connect without the passwords of mqtt.passwords: leave one of them out",
    when: isObject,
  })
  .refine(({ cert, key }) => (cert === undefined) === (key === undefined), {
    path: ["cert"],
    error: "goes with mqtt.key: give both or none",
    when: isObject,
  });

const cloudwatchSchema = z.strictObject({
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
  tags: z.record(z.string().min(1).max(128), z.string().max(256)).default({}),
  class: z.enum(["STANDARD", "INFREQUENT_ACCESS"]).default("STANDARD"),
  kmsKeyId: z.string().min(1).max(256).optional(),
  message: z.enum(["json", "text"]).default("json"),
  gzip: z.boolean().default(true),
});

const deliverySchema = z.strictObject({
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

const spoolSchema = z
  .strictObject({
    limitBytes: integer(1_048_576, Number.MAX_SAFE_INTEGER).default(1_073_741_824),
    laneShare: z.number().gt(0).max(1).default(0.25),
    limitDevices: integer(1, 100_000_000).default(100_000),
    limitDeadLetters: integer(1, 1_000_000).default(10_000),
  })
  .refine(({ limitBytes, laneShare }) => limitBytes * laneShare >= laneLeastBytes, {
    path: ["laneShare"],
    error: `must leave each stream at least ${laneLeastBytes} bytes of spool.limitBytes`,
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
});

/** Settings that may hold a password. */
const secrets = ["password", "url", "endpoint"];

const quote = (value: unknown, path: PropertyKey[]): string =>
  secrets.includes(String(path.at(-1))) ? "this" : JSON.stringify(value);

const wordsOf = (issue: z.core.$ZodIssue): string => {
  if (issue.code === "invalid_type") return `must be ${issue.expected}`;
  if (issue.code === "invalid_value") return `must be one of ${issue.values.join(", ")}`;
  if (issue.code === "too_small")
    return `must be ${issue.inclusive ? "at least" : "above"} ${issue.minimum}`;
  return issue.code === "too_big" ? `must be at most ${issue.maximum}` : issue.message;
};

/** One line for each fault: its key, what is wrong, and the value. */
const faultsOf = (error: z.ZodError, input: unknown): string[] =>
  error.issues.flatMap((issue) => {
    if (issue.code === "unrecognized_keys") {
      return issue.keys.map((key) => `${[...issue.path, key].join(".")}: is no setting`);
    }
    const value = issue.path.reduce<unknown>(
      (place, key) => (place as Record<PropertyKey, unknown> | undefined)?.[key],
      input,
    );
    return [`${issue.path.join(".") || "all"}: ${wordsOf(issue)}, not ${quote(value, issue.path)}`];
  });

/** Completes settings. Throws `CONFIG_INVALID` with a line for every fault; `source` is where they are from. */
export const checkSettings = (input: unknown, source: string): Settings => {
  const checked = settingsSchema.safeParse(input);
  if (checked.success) return checked.data;
  const faults = faultsOf(checked.error, input).map((fault) => `\n  ${fault}`);
  throw new AgentError("CONFIG_INVALID", `Cannot use settings from ${source}:${faults.join("")}`);
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
    return checkSettings(parse(text), `"${path}"`);
  } catch (cause) {
    if (!(cause instanceof TomlError)) throw cause;
    throw new AgentError("CONFIG_INVALID", `Cannot read settings "${path}": ${placeOf(cause)}`);
  }
};
