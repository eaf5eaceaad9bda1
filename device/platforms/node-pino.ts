import { Writable } from "node:stream";
import { connect, type IClientOptions } from "mqtt";
import { connectOptions, createLogger, type Logger, type LogMethods } from "../index.ts";

/** Options of the transport: all of it can be sent to a worker. */
export interface PinoTransportOptions {
  /** URL of the broker. */
  url: string;
  /** Id of the device. */
  device: string;
  prefix?: string;
  outboxBytes?: number;
  flushAfterMs?: number;
  /** How long the end may wait for the agent; 2,000 ms. */
  limitMs?: number;
  /** More for `mqtt.connect`: name, password, certificates. */
  mqtt?: IClientOptions;
}

const defaultBytes = 65_536;
const defaultLimitMs = 2_000;

/** A line that does not end is given up. */
const lineLimit = 1_048_576;

/** While more of the outbox than this is taken, pino waits; debug would give way from a half on. */
const fullShare = 0.4;

/** How long it waits at a time, and at most while no ack comes: then events are counted as dropped. */
const pauseMs = 10;
const patienceMs = 1_000;

type Level = keyof LogMethods;

const levelOf = (number: unknown): Level => {
  if (typeof number !== "number" || number >= 60) return number === undefined ? "info" : "fatal";
  if (number >= 50) return "error";
  if (number >= 40) return "warn";
  return number >= 30 ? "info" : "debug";
};

/** Logs a line as pino writes it: `msg` is the format, the rest of the object its `data`. */
export const logPinoLine = (log: Logger, line: string): void => {
  let fields: Record<string, unknown>;
  try {
    fields = JSON.parse(line) as Record<string, unknown>;
    if (fields === null || typeof fields !== "object") throw new Error("it is no object");
  } catch {
    log.info("%s", line);
    return;
  }
  const { level, time, pid, hostname, name, msg, ...rest } = fields;
  const target: LogMethods = typeof name === "string" ? log.tag(name) : log;
  const format = typeof msg === "string" ? msg : "";
  const method = levelOf(level);
  // A text alone is never read as a format, one with values is.
  if (Object.keys(rest).length === 0) target[method](format);
  else target[method](format.replaceAll("%", "%%"), rest);
};

/** Pauses until the outbox has room, or the agent has been silent for a second. */
const createPacer = (log: Logger, limitBytes: number): (() => Promise<void>) => {
  let acked = -1;
  let silentMs = 0;
  return async () => {
    for (let stats = log.stats(); stats.bytes > limitBytes; stats = log.stats()) {
      if (stats.acked !== acked) silentMs = 0;
      acked = stats.acked;
      if (silentMs >= patienceMs) return;
      silentMs += pauseMs;
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
    silentMs = 0;
  };
};

/** `pino.transport({ target: "fleetlog/pino", options: { url, device } })` */
const createPinoTransport = (options: PinoTransportOptions): Writable => {
  const client = connect(options.url, {
    ...connectOptions(options.device, options.prefix),
    ...options.mqtt,
  });
  client.on("error", () => {});
  const { url, mqtt, limitMs = defaultLimitMs, ...rest } = options;
  const log = createLogger({ ...rest, mqtt: client, level: "debug" });
  const pace = createPacer(log, (options.outboxBytes ?? defaultBytes) * fullShare);
  let text = "";

  const takeLines = async (): Promise<void> => {
    const lines = text.split("\n");
    text = lines.pop() as string;
    if (text.length > lineLimit) text = "";
    for (const line of lines) {
      if (line === "") continue;
      logPinoLine(log, line);
      await pace();
    }
  };
  return new Writable({
    decodeStrings: false,
    write(chunk, _encoding, done) {
      text += String(chunk);
      takeLines().then(() => done(), done);
    },
    final(done) {
      log
        .close(limitMs)
        .then(() => client.endAsync(true))
        .then(() => done(), done);
    },
  });
};

// biome-ignore lint/style/noDefaultExport: pino takes a transport from its module's default export
export default createPinoTransport;
