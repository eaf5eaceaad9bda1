import { refusals } from "../support/cloudwatch-facts.ts";
import type { Account } from "./account.ts";
import { answerText, type Check, readStored, refused, type Sight } from "./check.ts";

/** Messages that are put in a stream of their own and read back. */
interface Trip {
  name: string;
  stream: string;
  messages(nowMs: number): string[];
  /** What a reader gets, where that is something else. */
  kept?: string[];
  isCompressed?: true;
  note?: string;
}

const metric = (nowMs: number): string =>
  JSON.stringify({
    _aws: {
      Timestamp: nowMs,
      CloudWatchMetrics: [
        {
          Namespace: "fleetlog/verify",
          Dimensions: [["fleet"]],
          Metrics: [{ Name: "temperature", Unit: "None" }],
        },
      ],
    },
    fleet: "verify",
    temperature: 21.4,
  });

const trips: readonly Trip[] = [
  {
    name: "keeps a compressed body",
    stream: "gzip",
    messages: () => ["pump on", "speed 1200 rpm ".repeat(200)],
    isCompressed: true,
  },
  {
    name: "keeps quotes, backslashes, markup and characters of four bytes",
    stream: "characters",
    messages: () => ['"quoted"', "back\\slash", "</script>", "🌡️ 21 °C", "\u2028"],
  },
  {
    name: "keeps control characters",
    stream: "controls",
    messages: () => ["tab\t", "line\nline", "bell\u0007", "null\u0000"],
  },
  {
    name: "replaces a surrogate that is no pair",
    stream: "surrogates",
    messages: () => ["half \ud800"],
    kept: ["half \ufffd"],
  },
  {
    name: "keeps an event in the embedded metric format",
    stream: "metrics",
    messages: (nowMs) => [metric(nowMs)],
    note: 'CloudWatch should show metric "temperature" in namespace "fleetlog/verify"',
  },
];

const asSent = "200, kept as expected";

const put = async (account: Account, trip: Trip, messages: string[]): Promise<string> => {
  const names = { logGroupName: account.group, logStreamName: trip.stream };
  const made = answerText(await account.call("CreateLogStream", names));
  if (made !== "200") return `CreateLogStream ${made}`;
  const timestamp = account.nowMs();
  const params = { ...names, logEvents: messages.map((message) => ({ timestamp, message })) };
  return answerText(
    await (trip.isCompressed
      ? account.callCompressed("PutLogEvents", params)
      : account.call("PutLogEvents", params)),
  );
};

const travel = async (account: Account, trip: Trip, signal: AbortSignal): Promise<Sight> => {
  const messages = trip.messages(account.nowMs());
  const answer = await put(account, trip, messages);
  if (answer !== "200") return { seen: answer };
  const count = messages.length;
  const stored = await readStored(account, trip.stream, { count, signal });
  const isKept = JSON.stringify(stored.messages) === JSON.stringify(trip.kept ?? messages);
  const seen = isKept ? asSent : `200, kept ${JSON.stringify(stored.messages)}`;
  return trip.note === undefined ? { seen } : { seen, note: trip.note };
};

const checkOfTrip = (trip: Trip): Check => ({
  name: trip.name,
  expected: asSent,
  see: (account, signal) => travel(account, trip, signal),
});

const visibility: Check = {
  name: "shows an event in time",
  expected: "200, seen in time",
  async see(account, signal) {
    const trip = { name: "", stream: "visibility", messages: () => ["pump on"] };
    const answer = await put(account, trip, trip.messages());
    if (answer !== "200") return { seen: answer };
    const { afterMs } = await readStored(account, trip.stream, { count: 1, signal });
    if (afterMs !== null) {
      return { seen: "200, seen in time", note: `seen after ${Math.round(afterMs)} ms` };
    }
    return { seen: `200, not seen within ${account.visibleWithinMs} ms` };
  },
};

const token: Check = {
  name: "refuses a token it did not give",
  expected: refused(refusals.tokenInvalid),
  async see(account) {
    const params = { logGroupName: account.group, logStreamName: "visibility", nextToken: "f/1" };
    return { seen: answerText(await account.call("GetLogEvents", params)) };
  },
};

/** What readers get of what was put, and when. */
export const readingChecks: readonly Check[] = [visibility, token, ...trips.map(checkOfTrip)];
