import { AgentError, messageOf } from "../errors.ts";
import { sleep, type Time } from "../time.ts";
import { createGateway, type GatewayStats } from "./gateway.ts";
import { openPort, type PortPlace, placeText } from "./port.ts";
import { createUpstream } from "./upstream.ts";

export interface RunOptions {
  place: PortPlace;
  baud: number;
  /** URL of the broker. */
  broker: string;
  devicePrefix: string;
  repl: string | null;
  time: Time;
  onText(text: Buffer): void;
  /** What an operator should read. */
  onNote(note: string): void;
}

/** The first wait before a port is opened again, and the longest. */
const firstWaitMs = 1_000;
const waitLimitMs = 30_000;

const summary = ({ forwarded, lost, damaged }: GatewayStats): string =>
  `${forwarded} frames forwarded, ${lost} messages lost, ${damaged} lines damaged`;

/** Serves the port until it closes, or `stopped`. Answers whether it was stopped. */
const serve = async (options: RunOptions, stopped: Promise<void>): Promise<boolean> => {
  const { place, time, onNote } = options;
  const port = await openPort(place, options.baud);
  let onClosed = (_reason: string): void => {};
  const closed = new Promise<string>((resolve) => {
    onClosed = resolve;
  });
  onNote(`Listening on ${placeText(place)}, forwarding to ${withoutSecrets(options.broker)}`);
  const gateway = createGateway({
    port,
    time,
    devicePrefix: options.devicePrefix,
    repl: options.repl,
    connect: (told) => createUpstream({ ...told, url: options.broker }),
    onText: options.onText,
    onTrouble: onNote,
    onClosed,
  });
  const reason = await Promise.race([closed, stopped]);
  await gateway.end();
  if (reason !== undefined) onNote(`Lost ${placeText(place)}: ${reason}`);
  onNote(summary(gateway.stats));
  return reason === undefined;
};

const withoutSecrets = (url: string): string => url.replace(/\/\/[^/?#]*@/, "//");

/**
 * Serves a port until `stopped`; one that closes is opened again, but for the standard streams. Rejects
 * with `PORT_OPEN` where it cannot be opened the first time.
 */
export const runGateway = async (options: RunOptions, stopped: Promise<void>): Promise<void> => {
  let isStopped = false;
  void stopped.then(() => {
    isStopped = true;
  });
  let hasServed = false;
  let waitMs = firstWaitMs;
  while (!isStopped) {
    try {
      if (await serve(options, stopped)) return;
      if (options.place.kind === "stdio") return;
      hasServed = true;
      waitMs = firstWaitMs;
    } catch (thrown) {
      if (!hasServed || !(thrown instanceof AgentError)) throw thrown;
      options.onNote(messageOf(thrown));
    }
    await Promise.race([sleep(options.time, waitMs), stopped]);
    waitMs = Math.min(waitLimitMs, waitMs * 2);
  }
};
