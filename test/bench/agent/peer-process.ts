import { createServer } from "node:net";
import {
  CloudWatchLogsClient,
  type InputLogEvent,
  PutLogEventsCommand,
} from "@aws-sdk/client-cloudwatch-logs";
import { Aedes } from "aedes";
import { givenTo } from "./child.ts";

/** What the process is told as it starts. */
export interface PeerArguments {
  endpoint: string;
  /** How long the first event of a batch waits for others. */
  flushMs: number;
}

export interface PeerReply {
  port: number;
}

const eventsLimit = 10_000;
const bytesLimit = 1_048_576;
const eventOverheadBytes = 26;

const { endpoint, flushMs } = givenTo<PeerArguments>();

const client = new CloudWatchLogsClient({
  region: "us-east-1",
  endpoint,
  credentials: { accessKeyId: "AKIDBENCHMARK", secretAccessKey: "secret-of-the-benchmark" },
});

let batch: InputLogEvent[] = [];
let bytes = 0;
/** One call at a time: events of a stream have an order. */
let sent: Promise<unknown> = Promise.resolve();

const send = (logEvents: InputLogEvent[]): Promise<unknown> =>
  client
    .send(new PutLogEventsCommand({ logGroupName: "/peer", logStreamName: "all", logEvents }))
    .catch(() => {});

const flush = (): void => {
  const logEvents = batch;
  if (logEvents.length === 0) return;
  batch = [];
  bytes = 0;
  sent = sent.then(() => send(logEvents));
};

/** As programs do that put what they receive into CloudWatch: what the broker acks is in memory only. */
const take = (message: string): void => {
  const size = message.length + eventOverheadBytes;
  if (batch.length === eventsLimit || bytes + size > bytesLimit) flush();
  batch.push({ timestamp: (JSON.parse(message) as { time: number }).time, message });
  bytes += size;
};

const broker = await Aedes.createBroker();
broker.on("publish", ({ payload }, sender) => {
  if (sender !== null) take(payload.toString());
});
setInterval(flush, flushMs);
const server = createServer(broker.handle);
server.listen(0, "127.0.0.1", () => {
  process.send?.({ port: (server.address() as PeerReply).port });
});
process.once("disconnect", () => process.exit());
