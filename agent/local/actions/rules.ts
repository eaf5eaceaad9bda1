import type { BooleanRule, IntegerRule, MapRule, StringRule } from "../validate.ts";

/** The constraints of the service model that several actions share. */
export const logGroupName: StringRule = {
  kind: "string",
  min: 1,
  max: 512,
  pattern: "[\\.\\-_/#A-Za-z0-9]+",
};

export const logGroupIdentifier: StringRule = {
  kind: "string",
  min: 1,
  max: 2048,
  pattern: "[\\w#+=/:,.@-]*",
};

export const logStreamName: StringRule = {
  kind: "string",
  min: 1,
  max: 512,
  pattern: "[^:*]*",
};

export const logGroupClass: StringRule = {
  kind: "string",
  oneOf: ["STANDARD", "INFREQUENT_ACCESS", "DELIVERY"],
};

export const tags: MapRule = {
  kind: "map",
  min: 1,
  max: 50,
  key: { kind: "string", min: 1, max: 128, pattern: "^([\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]+)$" },
  value: { kind: "string", max: 256, pattern: "^([\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*)$" },
};

export const timestamp: IntegerRule = { kind: "integer", min: 0 };

export const nextToken: StringRule = { kind: "string", min: 1 };

export const describeLimit: IntegerRule = { kind: "integer", min: 1, max: 50 };

export const eventsLimit: IntegerRule = { kind: "integer", min: 1, max: 10_000 };

export const flag: BooleanRule = { kind: "boolean" };
