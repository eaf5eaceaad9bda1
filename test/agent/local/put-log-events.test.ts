import type { CloudWatchLogs, InputLogEvent } from "@aws-sdk/client-cloudwatch-logs";
import { describe, expect, it } from "vitest";
import {
  batchFacts,
  emptyMessages,
  eventTooLarge,
  refusals,
  rejections,
  uploadTooLarge,
} from "../../support/cloudwatch-facts.ts";
import { makeStream, startEndpoint } from "../../support/local-endpoint.ts";

const nowMs = Date.now();

const startStream = async (options = {}) => {
  const { endpoint, client } = await startEndpoint({ nowMs: () => nowMs, ...options });
  const stream = await makeStream(client);
  return { endpoint, client, stream };
};

type Stream = Awaited<ReturnType<typeof makeStream>>;

const messagesIn = async (client: CloudWatchLogs, stream: Stream): Promise<string[]> => {
  const { events = [] } = await client.getLogEvents({ ...stream, startFromHead: true });
  return events.map(({ message }) => message ?? "");
};

const eventsOf = (...messages: string[]): InputLogEvent[] =>
  messages.map((message) => ({ timestamp: nowMs, message }));

describe("PutLogEvents", () => {
  it("stores one event", async () => {
    const { client, stream } = await startStream();

    const answer = await client.putLogEvents({ ...stream, logEvents: eventsOf("one") });

    expect(answer.$metadata.httpStatusCode).toBe(200);
    expect(answer.nextSequenceToken).toMatch(/^\d{56}$/);
    expect(answer.rejectedLogEventsInfo).toBeUndefined();
    expect(await messagesIn(client, stream)).toEqual(["one"]);
  });

  it("stores two events of equal stamps in the order given", async () => {
    const { client, stream } = await startStream();

    await client.putLogEvents({ ...stream, logEvents: eventsOf("first", "second") });

    expect(await messagesIn(client, stream)).toEqual(["first", "second"]);
  });

  it("refuses an event stamped in seconds, alone", async () => {
    const { client, stream } = await startStream();
    const logEvents = [{ timestamp: Math.floor(nowMs / 1_000), message: "m" }];

    const answer = await client.putLogEvents({ ...stream, logEvents });

    expect(answer.$metadata.httpStatusCode).toBe(200);
    expect(answer.rejectedLogEventsInfo).toEqual({ tooOldLogEventEndIndex: 1 });
    expect(await messagesIn(client, stream)).toEqual([]);
  });

  it("stores a batch sent twice, twice", async () => {
    const { client, stream } = await startStream();
    const call = { ...stream, logEvents: eventsOf("again") };

    await client.putLogEvents(call);
    await client.putLogEvents(call);

    expect(await messagesIn(client, stream)).toEqual(["again", "again"]);
  });

  it("ignores the sequence token", async () => {
    const { client, stream } = await startStream();

    await client.putLogEvents({ ...stream, logEvents: eventsOf("m"), sequenceToken: "any" });

    expect(await messagesIn(client, stream)).toEqual(["m"]);
  });

  it.each(rejections)("$what", async ({ agesMs, rejected, retentionInDays }) => {
    const { client, stream } = await startStream();
    if (retentionInDays !== undefined) {
      await client.putRetentionPolicy({ logGroupName: stream.logGroupName, retentionInDays });
    }
    const logEvents = agesMs.map((ageMs) => ({ timestamp: nowMs - ageMs, message: `${ageMs}` }));

    const answer = await client.putLogEvents({ ...stream, logEvents });

    const from = rejected?.tooOldLogEventEndIndex ?? rejected?.expiredLogEventEndIndex;
    const kept = agesMs.slice(from ?? 0, rejected?.tooNewLogEventStartIndex);
    expect(answer.rejectedLogEventsInfo).toEqual(rejected);
    expect(await messagesIn(client, stream)).toEqual(kept.map(String));
  });

  it("refuses events out of order", async () => {
    const { client, stream } = await startStream();
    const logEvents = [
      { timestamp: nowMs, message: "late" },
      { timestamp: nowMs - 1, message: "early" },
    ];

    const answer = client.putLogEvents({ ...stream, logEvents });

    await expect(answer).rejects.toMatchObject(refusals.outOfOrder);
  });

  it.each([
    { what: "takes a batch of 24 h", extraMs: 0, isTaken: true },
    { what: "refuses a batch of 24 h and 1 ms", extraMs: 1, isTaken: false },
  ])("$what", async ({ extraMs, isTaken }) => {
    const { client, stream } = await startStream();
    const logEvents = [
      { timestamp: nowMs - batchFacts.spanMs - extraMs, message: "first" },
      { timestamp: nowMs, message: "last" },
    ];

    const answer = client.putLogEvents({ ...stream, logEvents });

    if (isTaken) await expect(answer).resolves.toBeDefined();
    else await expect(answer).rejects.toMatchObject(refusals.spanTooLong);
  });

  it("measures the span between valid events only", async () => {
    const { client, stream } = await startStream();
    const logEvents = [
      { timestamp: 1, message: "ancient" },
      { timestamp: nowMs, message: "now" },
    ];

    const answer = await client.putLogEvents({ ...stream, logEvents });

    expect(answer.rejectedLogEventsInfo).toEqual({ tooOldLogEventEndIndex: 1 });
  });

  it.each([-1, 0])("takes one message of the largest size and %i bytes", async (extra) => {
    const { client, stream } = await startStream();
    const message = "m".repeat(batchFacts.largestMessageBytes + extra);

    await client.putLogEvents({ ...stream, logEvents: eventsOf(message) });

    const [stored] = await messagesIn(client, stream);
    expect(stored === message).toBe(true);
  });

  it("refuses a message one byte too large", async () => {
    const { client, stream } = await startStream();
    const message = "m".repeat(batchFacts.largestMessageBytes + 1);

    const answer = client.putLogEvents({ ...stream, logEvents: eventsOf(message) });

    await expect(answer).rejects.toMatchObject(eventTooLarge(batchFacts.limitBytes + 1));
  });

  it.each([
    { what: "takes a batch of 1,048,576 bytes", extra: 0 },
    { what: "refuses a batch one byte over the limit", extra: 1 },
    { what: "refuses a batch 1,306 bytes over the limit", extra: 1_306 },
  ])("$what, counted in UTF-8 with 26 an event", async ({ extra }) => {
    const { client, stream } = await startStream();
    const half = (batchFacts.limitBytes - 2 * batchFacts.eventOverheadBytes) / 2;
    const logEvents = eventsOf("é".repeat(half / 2), "m".repeat(half + extra));

    const answer = client.putLogEvents({ ...stream, logEvents });

    if (extra === 0) await expect(answer).resolves.toBeDefined();
    else await expect(answer).rejects.toMatchObject(uploadTooLarge(batchFacts.limitBytes + extra));
  });

  it("takes 10,000 events and refuses 10,001", async () => {
    const { client, stream } = await startStream();
    const logEvents = Array.from({ length: 10_001 }, () => ({ timestamp: nowMs, message: "m" }));

    await client.putLogEvents({ ...stream, logEvents: logEvents.slice(1) });
    const answer = client.putLogEvents({ ...stream, logEvents });

    await expect(answer).rejects.toThrow(
      /^1 validation error detected: Value '.*' at 'logEvents' failed to satisfy constraint: Member must have length less than or equal to 10000$/,
    );
  });

  it("refuses a batch without events", async () => {
    const { client, stream } = await startStream();

    const answer = client.putLogEvents({ ...stream, logEvents: [] });

    await expect(answer).rejects.toMatchObject(refusals.noEvents);
  });

  it("names every message without a character by its position", async () => {
    const { client, stream } = await startStream();

    const answer = client.putLogEvents({ ...stream, logEvents: eventsOf("", "m", "") });

    await expect(answer).rejects.toMatchObject(emptyMessages([1, 3]));
  });

  it("refuses an absent group and an absent stream", async () => {
    const { client, stream } = await startStream();
    const logEvents = eventsOf("m");

    const inGroup = client.putLogEvents({ ...stream, logGroupName: "none", logEvents });
    const inStream = client.putLogEvents({ ...stream, logStreamName: "none", logEvents });

    await expect(inGroup).rejects.toMatchObject(refusals.groupAbsent);
    await expect(inStream).rejects.toMatchObject(refusals.streamAbsent);
  });

  it("refuses names of more than 512 characters", async () => {
    const { client, stream } = await startStream();
    const logStreamName = "s".repeat(513);

    const answer = client.putLogEvents({ ...stream, logStreamName, logEvents: eventsOf("m") });

    await expect(answer).rejects.toMatchObject(refusals.nameTooLong);
  });

  it("keeps every kind of character but lone surrogates", async () => {
    const { client, stream } = await startStream();
    const messages = [
      '"quoted"',
      "back\\slash",
      "\u0000\u0007\n\t",
      "🌡️ 21 °C",
      "\u2028",
      "</script>",
    ];

    await client.putLogEvents({ ...stream, logEvents: eventsOf(...messages, "\ud800") });

    expect(await messagesIn(client, stream)).toEqual([...messages, "\ufffd"]);
  });

  it("rejects an entity without key attributes and takes the events", async () => {
    const { client, stream } = await startStream();
    const entity = { attributes: { kind: "pump" } };

    const answer = await client.putLogEvents({ ...stream, logEvents: eventsOf("m"), entity });

    expect(answer.rejectedEntityInfo).toEqual({ errorType: "MissingRequiredFields" });
    expect(await messagesIn(client, stream)).toEqual(["m"]);
  });

  it("counts calls and events", async () => {
    const { endpoint, client, stream } = await startStream();

    await client.putLogEvents({ ...stream, logEvents: eventsOf("a", "b") });
    await client.putLogEvents({ ...stream, logEvents: [] }).catch(() => undefined);

    expect(endpoint.tally.calls).toMatchObject({ CreateLogGroup: 1, PutLogEvents: 2 });
    expect(endpoint.tally.refusals).toEqual({ InvalidParameterException: 1 });
    expect(endpoint.tally.events).toBe(2);
  });
});
