import { setTimeout as wait } from "node:timers/promises";
import type { ResponseTable } from "../../agent/cloudwatch/client.ts";
import type { RefusalFact } from "../support/cloudwatch-facts.ts";
import type { Account } from "./account.ts";

/** What was seen, and what else a reader may want to know. */
export interface Sight {
  seen: string;
  note?: string;
}

/** One thing that CloudWatch is taken to do, as the local endpoint does it. */
export interface Check {
  name: string;
  /** To be seen, letter by letter. */
  expected: string;
  see(account: Account, signal: AbortSignal): Promise<Sight>;
  /** Nothing that follows can be told where this differs. */
  isNeeded?: true;
}

/** Names of an action and its parameters. */
export type Call = readonly [action: string, params: object];

/** A check that is one call. */
export interface CallCheck {
  name: string;
  expected: string;
  call(account: Account): Call;
  isNeeded?: true;
}

export const refused = ({ name, message }: RefusalFact): string => `400 ${name}: ${message}`;

const parse = (body: string): Record<string, unknown> => {
  try {
    return body === "" ? {} : (JSON.parse(body) as Record<string, unknown>);
  } catch {
    return { __type: "no JSON", message: body };
  }
};

/** An answer on one line: its status, then the refused events or the error. */
export const answerText = (table: ResponseTable): string => {
  if ("error" in table) return `no answer: ${table.error}`;
  const { statuscode, body } = table;
  const answer = parse(body);
  const rejected = answer.rejectedLogEventsInfo;
  if (statuscode === 200) return rejected === undefined ? "200" : `200 ${JSON.stringify(rejected)}`;
  return `${statuscode} ${String(answer.__type).replace(/^.*#/, "")}: ${answer.message}`;
};

export const toCheck = ({ call, ...check }: CallCheck): Check => ({
  ...check,
  see: async (account) => ({ seen: answerText(await account.call(...call(account))) }),
});

interface Page {
  events: { message: string }[];
  nextForwardToken: string;
}

const readStream = async (account: Account, logStreamName: string): Promise<string[]> => {
  const messages: string[] = [];
  let nextToken: string | undefined;
  for (;;) {
    const params = { logGroupName: account.group, logStreamName, startFromHead: true, nextToken };
    const table = await account.call("GetLogEvents", params);
    if ("error" in table || table.statuscode !== 200) throw new Error(answerText(table));
    const page = JSON.parse(table.body) as Page;
    for (const { message } of page.events) messages.push(message);
    if (page.nextForwardToken === nextToken) return messages;
    nextToken = page.nextForwardToken;
  }
};

export interface Stored {
  messages: string[];
  /** From the call to read; null where too few were seen in time. */
  afterMs: number | null;
}

const firstPauseMs = 25;
const longestPauseMs = 2_000;

/** Reads a stream until so many events are seen, or they could have been seen for long. */
export const readStored = async (
  account: Account,
  logStreamName: string,
  wanted: { count: number; signal: AbortSignal },
): Promise<Stored> => {
  const startMs = performance.now();
  let pauseMs = firstPauseMs;
  for (;;) {
    const messages = await readStream(account, logStreamName);
    const afterMs = performance.now() - startMs;
    if (messages.length >= wanted.count) return { messages, afterMs };
    if (afterMs > account.visibleWithinMs) return { messages, afterMs: null };
    await wait(pauseMs, undefined, { signal: wanted.signal });
    pauseMs = Math.min(2 * pauseMs, longestPauseMs);
  }
};
