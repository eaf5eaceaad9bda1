import { parseArgs } from "node:util";

/** What is measured, and how. */
export interface Flags {
  frameEvents: number;
  devices: number;
  /** Of each side, after it has warmed up. */
  seconds: number;
  /** Events a second of all devices together; 0 for as many as are taken. */
  rate: number;
  /** How long the first event of a batch waits for others. */
  flushMs: number;
  callsPerSecond: number;
  /** Template of the log stream. */
  stream: string;
  gzip: boolean;
  /** How long a call takes. */
  callMs: number;
  /** Share of the calls that are throttled. */
  throttle: number;
  /** From the start of the measured time all calls are throttled for so long. */
  throttleForMs: number;
  /** From the start of the measured time the endpoint is away for so long. */
  outageMs: number;
  /** How often the agent is killed. */
  kills: number;
  /** Folder for a profile of the agent. */
  profile: string | undefined;
  /** The same load for a peer. */
  hasPeer: boolean;
}

const numberOf = (name: string, text: string, [least, most]: [number, number]): number => {
  const value = Number(text);
  if (text.trim() !== "" && value >= least && value <= most) return value;
  throw new Error(`Cannot use --${name} "${text}": give a number from ${least} to ${most}`);
};

const integerOf = (name: string, text: string, least: number): number => {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw new Error(`Cannot use --${name} "${text}": give an integer from ${least}`);
};

/** `32s`, `500ms`, or seconds. */
const durationMs = (name: string, text: string): number => {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)(ms|s|m)?$/.exec(text) ?? [];
  if (amount === undefined) {
    throw new Error(`Cannot use --${name} "${text}": give a duration such as 32s`);
  }
  return Number(amount) * (unit === "ms" ? 1 : unit === "m" ? 60_000 : 1_000);
};

export const parseFlags = (args: string[]): Flags => {
  const option = (value: string) => ({ type: "string", default: value }) as const;
  const { values } = parseArgs({
    args,
    options: {
      "frame-events": option("50"),
      devices: option("50"),
      seconds: option("10"),
      rate: option("0"),
      "flush-ms": option("500"),
      "calls-per-second": option("1000"),
      stream: option("{device}"),
      "call-ms": option("0"),
      throttle: option("0"),
      "throttle-for": option("0"),
      outage: option("0"),
      kill: option("0"),
      profile: { type: "string" },
      gzip: { type: "boolean", default: false },
      "no-peer": { type: "boolean", default: false },
    },
  });
  const integer = (name: keyof typeof values, least: number): number =>
    integerOf(name, String(values[name]), least);
  return {
    frameEvents: integer("frame-events", 1),
    devices: integer("devices", 1),
    seconds: integer("seconds", 1),
    rate: integer("rate", 0),
    flushMs: integer("flush-ms", 0),
    callsPerSecond: integer("calls-per-second", 1),
    stream: values.stream,
    gzip: values.gzip,
    callMs: integer("call-ms", 0),
    throttle: numberOf("throttle", values.throttle, [0, 0.99]),
    throttleForMs: durationMs("throttle-for", values["throttle-for"]),
    outageMs: durationMs("outage", values.outage),
    kills: integer("kill", 0),
    profile: values.profile,
    hasPeer: !values["no-peer"] && values.kill === "0",
  };
};
