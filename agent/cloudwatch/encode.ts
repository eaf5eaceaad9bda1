import { messageOf } from "../errors.ts";
import type { KnownAction } from "./actions.ts";

/** The JSON text of a request, or why there is none. */
export type Encoded = { ok: true; text: string } | { ok: false; error: string };

type Form = "string" | "integer" | "boolean" | "strings" | "tags" | "object" | "events";

interface Shape {
  /** Keys that must be there, with what their values must be. */
  required: Record<string, Form>;
  /** Keys that may be missing or null. */
  optional: Record<string, Form>;
  /** One of these must be there. */
  oneOf?: readonly string[];
}

const group = { logGroupName: "string" } as const;
const stream = { ...group, logStreamName: "string" } as const;
const reference = { ...group, logGroupIdentifier: "string" } as const;
const page = { limit: "integer", nextToken: "string" } as const;
const span = { startTime: "integer", endTime: "integer" } as const;
const either = ["logGroupName", "logGroupIdentifier"] as const;

const shapes: Record<KnownAction, Shape> = {
  CreateLogGroup: {
    required: group,
    optional: { tags: "tags", kmsKeyId: "string", logGroupClass: "string" },
  },
  CreateLogStream: { required: stream, optional: {} },
  DeleteLogGroup: { required: group, optional: {} },
  DeleteLogStream: { required: stream, optional: {} },
  PutLogEvents: {
    required: { ...stream, logEvents: "events" },
    optional: { sequenceToken: "string", entity: "object" },
  },
  PutRetentionPolicy: { required: { ...group, retentionInDays: "integer" }, optional: {} },
  TagResource: { required: { resourceArn: "string", tags: "tags" }, optional: {} },
  DescribeLogGroups: {
    required: {},
    optional: {
      ...page,
      logGroupNamePrefix: "string",
      logGroupNamePattern: "string",
      logGroupClass: "string",
    },
  },
  DescribeLogStreams: {
    required: {},
    optional: {
      ...reference,
      ...page,
      logStreamNamePrefix: "string",
      orderBy: "string",
      descending: "boolean",
    },
    oneOf: either,
  },
  GetLogEvents: {
    required: { logStreamName: "string" },
    optional: { ...reference, ...page, ...span, startFromHead: "boolean" },
    oneOf: either,
  },
  FilterLogEvents: {
    required: {},
    optional: {
      ...reference,
      ...page,
      ...span,
      logStreamNames: "strings",
      logStreamNamePrefix: "string",
      filterPattern: "string",
    },
    oneOf: either,
  },
};

/** Characters of a refused value that an error quotes. */
const quoteLimit = 80;

const quote = (value: unknown): string => {
  const text = typeof value === "string" ? JSON.stringify(value) : String(value);
  return text.length > quoteLimit ? `${text.slice(0, quoteLimit)}...` : text;
};

/** A parameter that cannot be sent. Caught in `encodeAction`, which turns it into a value. */
class Unencodable extends Error {}

const refuse = (name: string, value: unknown, needed: string): never => {
  const problem = value === undefined || value === null ? "is missing" : `is ${quote(value)}`;
  throw new Unencodable(`"${name}" ${problem}, it must be ${needed}`);
};

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const encodeString = (name: string, value: unknown): string =>
  typeof value === "string" ? JSON.stringify(value) : refuse(name, value, "a string");

const encodeInteger = (name: string, value: unknown): string => {
  if (typeof value === "number" && Number.isSafeInteger(value)) return String(value);
  // Digits are kept as they are: the service, not this module, judges how large a stamp may be.
  if (typeof value === "string" && /^-?\d{1,30}$/.test(value)) return String(BigInt(value));
  return refuse(name, value, "an integer or its digits as a string");
};

const encodeEvent = (name: string, event: unknown): string => {
  if (!isRecord(event)) return refuse(name, event, "an object with timestamp and message");
  const timestamp = encodeInteger(`${name}.timestamp`, event.timestamp);
  const message = encodeString(`${name}.message`, event.message);
  return `{"timestamp":${timestamp},"message":${message}}`;
};

const encodeList = (
  name: string,
  value: unknown,
  each: (name: string, item: unknown) => string,
): string => {
  if (!Array.isArray(value)) return refuse(name, value, "an array");
  return `[${Array.from(value, (item, index) => each(`${name}[${index}]`, item)).join(",")}]`;
};

const encodeTags = (name: string, value: unknown): string => {
  if (!isRecord(value)) return refuse(name, value, "an object of strings");
  const pairs = Object.entries(value).map(
    ([key, tag]) => `${JSON.stringify(key)}:${encodeString(`${name}.${key}`, tag)}`,
  );
  return `{${pairs.join(",")}}`;
};

const encodeBoolean = (name: string, value: unknown): string =>
  typeof value === "boolean" ? String(value) : refuse(name, value, "true or false");

const encodeObject = (name: string, value: unknown): string =>
  isRecord(value) ? JSON.stringify(value) : refuse(name, value, "an object");

const encoders: Record<Form, (name: string, value: unknown) => string> = {
  string: encodeString,
  integer: encodeInteger,
  boolean: encodeBoolean,
  strings: (name, value) => encodeList(name, value, encodeString),
  tags: encodeTags,
  object: encodeObject,
  events: (name, value) => encodeList(name, value, encodeEvent),
};

const encodeMembers = (params: Record<string, unknown>, shape: Shape): string => {
  if (shape.oneOf?.every((name) => params[name] === undefined || params[name] === null)) {
    refuse(shape.oneOf.join('" or "'), undefined, "a string");
  }
  const forms = { ...shape.optional, ...shape.required };
  const names = new Set([...Object.keys(shape.required), ...Object.keys(params)]);
  const members: string[] = [];
  for (const name of names) {
    const value = params[name];
    const isAbsent = value === undefined || value === null;
    if (isAbsent && !Object.hasOwn(shape.required, name)) continue;
    const form = Object.hasOwn(forms, name) ? forms[name] : undefined;
    const text = form === undefined ? JSON.stringify(value) : encoders[form](name, value);
    if (text !== undefined) members.push(`${JSON.stringify(name)}:${text}`);
  }
  return `{${members.join(",")}}`;
};

const anyShape: Shape = { required: {}, optional: {} };

/**
 * The JSON body of an action. Known actions are checked for what makes a request impossible to
 * write: a required key missing, a value of another kind. Limits and patterns are the service's to
 * refuse. Null and undefined mean absent; members that are not known are sent as they are.
 */
export const encodeAction = (actionType: string, params: unknown): Encoded => {
  try {
    if (!/^[A-Za-z][A-Za-z0-9]{0,127}$/.test(actionType)) {
      return { ok: false, error: `Cannot perform action ${quote(actionType)}: no such name` };
    }
    if (!isRecord(params)) refuse("actionParams", params, "an object");
    const shape = Object.hasOwn(shapes, actionType) ? shapes[actionType as KnownAction] : anyShape;
    return { ok: true, text: encodeMembers(params as Record<string, unknown>, shape) };
  } catch (thrown) {
    return { ok: false, error: `Cannot encode ${quote(actionType)}: ${messageOf(thrown)}` };
  }
};
