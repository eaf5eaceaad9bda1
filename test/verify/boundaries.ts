import {
  batchFacts,
  emptyMessages,
  eventTooLarge,
  type RejectionFact,
  refusals,
  rejections,
  uploadTooLarge,
} from "../support/cloudwatch-facts.ts";
import type { Account } from "./account.ts";
import { stream } from "./behaviours.ts";
import { answerText, type Check, refused } from "./check.ts";

/** A put of messages, each stamped by its age before now. */
interface Put {
  name: string;
  expected: string;
  events(): { ageMs?: number; message: string }[];
  logGroupName?: string;
  logStreamName?: string;
}

const { limitBytes, eventOverheadBytes, largestMessageBytes, limitEvents, spanMs } = batchFacts;

const message = (bytes: number): { message: string } => ({ message: "m".repeat(bytes) });

/** Two events of `limitBytes` together and some more, one of them in characters of two bytes. */
const batchOf = (extraBytes: number) => (): { message: string }[] => {
  const half = limitBytes / 2 - eventOverheadBytes;
  return [{ message: "é".repeat(half / 2) }, message(half + extraBytes)];
};

const many = (count: number) => (): { message: string }[] =>
  Array.from({ length: count }, () => message(1));

const span = (extraMs: number) => (): { ageMs: number; message: string }[] => [
  { ageMs: spanMs + extraMs, ...message(1) },
  { ageMs: 0, ...message(1) },
];

const sizes: readonly Put[] = [
  {
    name: "takes the largest message",
    expected: "200",
    events: () => [message(largestMessageBytes)],
  },
  {
    name: "refuses a message one byte larger",
    expected: refused(eventTooLarge(limitBytes + 1)),
    events: () => [message(largestMessageBytes + 1)],
  },
  { name: "takes a batch of the largest size", expected: "200", events: batchOf(0) },
  {
    name: "refuses a batch one byte larger",
    expected: refused(uploadTooLarge(limitBytes + 1)),
    events: batchOf(1),
  },
  { name: "takes 10,000 events", expected: "200", events: many(limitEvents) },
  {
    name: "refuses 10,001 events",
    expected: refused({
      name: "InvalidParameterException",
      message:
        "1 validation error detected: Value '...' at 'logEvents' failed to satisfy constraint: Member must have length less than or equal to 10000",
    }),
    events: many(limitEvents + 1),
  },
  { name: "takes a batch of 24 h", expected: "200", events: span(0) },
  {
    name: "refuses a batch of 24 h and 1 ms",
    expected: refused(refusals.spanTooLong),
    events: span(1),
  },
];

const refusedPuts: readonly Put[] = [
  { name: "refuses a batch without events", expected: refused(refusals.noEvents), events: many(0) },
  {
    name: "names every message without a character",
    expected: refused(emptyMessages([1, 3])),
    events: () => [message(0), message(1), message(0)],
  },
  {
    name: "refuses events out of order",
    expected: refused(refusals.outOfOrder),
    events: () => span(0)().reverse(),
  },
  {
    name: "refuses events for an absent stream",
    expected: refused(refusals.streamAbsent),
    events: many(1),
    logStreamName: "absent",
  },
  {
    name: "refuses names of more than 512 characters",
    expected: refused(refusals.nameTooLong),
    events: many(1),
    logStreamName: "s".repeat(513),
  },
];

/** How the service shows a long list is not known, and of no use. */
const withoutList = (text: string): string =>
  text.replace(/Value '.{3,}' at 'logEvents' /s, "Value '...' at 'logEvents' ");

const put = async (
  account: Account,
  { logStreamName = stream, events }: Pick<Put, "logStreamName" | "events">,
): Promise<string> => {
  const nowMs = account.nowMs();
  const logEvents = events().map(({ ageMs = 0, message: text }) => ({
    timestamp: nowMs - ageMs,
    message: text,
  }));
  const params = { logGroupName: account.group, logStreamName, logEvents };
  return withoutList(answerText(await account.call("PutLogEvents", params)));
};

const checkOfPut = ({ name, expected, ...what }: Put): Check => ({
  name,
  expected,
  see: async (account) => ({ seen: await put(account, what) }),
});

const checkOfRejection = (fact: RejectionFact): Check => ({
  name: fact.what,
  expected: fact.rejected === undefined ? "200" : `200 ${JSON.stringify(fact.rejected)}`,
  async see(account) {
    const { retentionInDays } = fact;
    if (retentionInDays !== undefined) {
      const params = { logGroupName: account.group, retentionInDays };
      const kept = answerText(await account.call("PutRetentionPolicy", params));
      if (kept !== "200") return { seen: `PutRetentionPolicy ${kept}` };
    }
    const events = () => fact.agesMs.map((ageMs) => ({ ageMs, ...message(1) }));
    return { seen: await put(account, { events }) };
  },
});

/** Sizes, counts, spans and stamps on both sides of each limit. */
export const boundaryChecks: readonly Check[] = [
  ...[...sizes, ...refusedPuts].map(checkOfPut),
  ...rejections.map(checkOfRejection),
];
