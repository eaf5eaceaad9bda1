import { z } from "zod";
import { levels } from "../../shared/event.ts";
import { frameLimitBytes } from "../../shared/limits.ts";
import { retentionDays } from "../cloudwatch/limits.ts";
import { isPattern } from "../delivery/batch/redact.ts";
import { createStreams } from "../delivery/stream.ts";
import { messageOf } from "../errors.ts";
import type { Settings } from "../settings.ts";
import { mqttSchema } from "./mqtt.ts";
import { integer, isRuled, table } from "./rules.ts";

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

const retention = z.int().refine((days) => days === 0 || retentionDays.includes(days), {
  error: `is none of 0 ${retentionDays.join(" ")}`,
});

const groupClass = z.enum(["STANDARD", "INFREQUENT_ACCESS"]);

const cloudwatchSchema = table({
  region: z.string().min(1).optional(),
  endpoint: z.url().optional(),
  group: template("group").default("/fleetlog/{fleet}"),
  stream: template("stream").default("{device}"),
  retentionDays: retention.default(30),
  tags: z
    .preprocess(
      (value) => (value instanceof Date ? null : value),
      z.record(z.string().min(1).max(128), z.string().max(256)),
    )
    .default({}),
  class: groupClass.default("STANDARD"),
  kmsKeyId: z.string().min(1).max(256).optional(),
  message: z.enum(["json", "text"]).default("json"),
  gzip: z.boolean().default(true),
});

const deliverySchema = table({
  flushAfterMs: integer(0, 3_600_000).default(5_000),
  callsPerSecond: integer(1, 5_000).default(1_000),
  workers: integer(1, 1_000).default(256),
  unknownOutcomeWaitMs: integer(0, 3_600_000).default(60_000),
  refusedStamps: z.enum(["restamp", "keep"]).default("restamp"),
  redact: z.array(z.string().refine(isPattern, "is no regular expression")).default([]),
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
  reserveBytes: integer(0, Number.MAX_SAFE_INTEGER).optional(),
}).refine(({ limitBytes, laneShare }) => limitBytes * laneShare >= laneLeastBytes, {
  path: ["laneShare"],
  error: `must leave each stream at least ${laneLeastBytes} bytes of spool.limitBytes`,
  when: isRuled("limitBytes", "laneShare"),
});

const pattern = z.string().min(1).max(256);

const routeSchema = table({
  device: pattern.optional(),
  tag: pattern.optional(),
  level: z.enum(levels).optional(),
  group: template("group"),
  stream: template("stream").optional(),
  class: groupClass.optional(),
  retentionDays: retention.optional(),
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

export const settingsSchema: z.ZodType<Settings> = z.strictObject({
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
  route: z
    .array(routeSchema)
    .refine((routes) => routes.length <= 100, "must be at most 100 rules")
    .default([]),
});
