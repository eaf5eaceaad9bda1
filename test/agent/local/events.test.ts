import type { CloudWatchLogs, OutputLogEvent } from "@aws-sdk/client-cloudwatch-logs";
import { describe, expect, it } from "vitest";
import { refusals, tokenPattern } from "../../support/cloudwatch-facts.ts";
import { makeStream, startEndpoint } from "../../support/local-endpoint.ts";

const nowMs = Date.now();
const stream = { logGroupName: "g", logStreamName: "s" };

const startWithStream = async (options = {}) => {
  const { endpoint, client } = await startEndpoint({ nowMs: () => nowMs, ...options });
  await makeStream(client);
  return { endpoint, client };
};

/** Puts one event a stamp; its message is its distance from now. */
const put = (client: CloudWatchLogs, ages: readonly number[], logStreamName = "s") =>
  client.putLogEvents({
    logGroupName: "g",
    logStreamName,
    logEvents: ages.map((age) => ({ timestamp: nowMs - age, message: `${age}` })),
  });

const textOf = (events: OutputLogEvent[] | undefined): string =>
  (events ?? []).map(({ message }) => message).join(" ");

describe("GetLogEvents", () => {
  it("answers events with stamp, message and time of ingestion, and both tokens", async () => {
    const { client } = await startWithStream();
    await put(client, [7]);

    const answer = await client.getLogEvents(stream);

    expect(answer.events).toEqual([{ timestamp: nowMs - 7, message: "7", ingestionTime: nowMs }]);
    expect(answer.nextForwardToken).toMatch(tokenPattern);
    expect(answer.nextBackwardToken).toMatch(tokenPattern);
  });

  it("orders by stamp, equal stamps by arrival", async () => {
    const { client } = await startWithStream();
    await put(client, [5, 3]);
    await put(client, [9, 5, 1]);

    const { events } = await client.getLogEvents({ ...stream, startFromHead: true });

    expect(textOf(events)).toBe("9 5 5 3 1");
  });

  it("pages forward from the head until the token comes back", async () => {
    const { client } = await startWithStream();
    await put(client, [5, 4, 3]);
    const call = { ...stream, startFromHead: true, limit: 2 };

    const first = await client.getLogEvents(call);
    const second = await client.getLogEvents({ ...call, nextToken: first.nextForwardToken });
    const third = await client.getLogEvents({ ...call, nextToken: second.nextForwardToken });

    expect([first, second, third].map(({ events }) => textOf(events))).toEqual(["5 4", "3", ""]);
    expect(second.nextForwardToken).not.toBe(first.nextForwardToken);
    expect(third.nextForwardToken).toBe(second.nextForwardToken);
  });

  it("pages backward from the tail until the token comes back", async () => {
    const { client } = await startWithStream();
    await put(client, [5, 4, 3]);
    const call = { ...stream, limit: 2 };

    const first = await client.getLogEvents(call);
    const second = await client.getLogEvents({ ...call, nextToken: first.nextBackwardToken });
    const third = await client.getLogEvents({ ...call, nextToken: second.nextBackwardToken });

    expect([first, second, third].map(({ events }) => textOf(events))).toEqual(["4 3", "5", ""]);
    expect(third.nextBackwardToken).toBe(second.nextBackwardToken);
  });

  it("goes forth and back between two pages", async () => {
    const { client } = await startWithStream();
    await put(client, [5, 4, 3, 2]);
    const call = { ...stream, startFromHead: true, limit: 2 };

    const first = await client.getLogEvents(call);
    const second = await client.getLogEvents({ ...call, nextToken: first.nextForwardToken });
    const back = await client.getLogEvents({ ...call, nextToken: second.nextBackwardToken });

    expect(textOf(back.events)).toBe("5 4");
  });

  it("finds later events by the token of an end reached earlier", async () => {
    const { client } = await startWithStream();
    const empty = await client.getLogEvents({ ...stream, startFromHead: true });

    await put(client, [1]);
    const answer = await client.getLogEvents({ ...stream, nextToken: empty.nextForwardToken });

    expect(textOf(answer.events)).toBe("1");
  });

  it("reads from the start inclusive to the end exclusive", async () => {
    const { client } = await startWithStream();
    await put(client, [5, 4, 3, 2]);
    const range = { startTime: nowMs - 4, endTime: nowMs - 2 };

    const { events } = await client.getLogEvents({ ...stream, ...range });

    expect(textOf(events)).toBe("4 3");
  });

  it("answers no more than 1 MiB, and goes on after it", async () => {
    const { client } = await startWithStream();
    const message = "m".repeat(400_000);
    for (const age of [3, 2, 1]) {
      const logEvents = [{ timestamp: nowMs - age, message }];
      await client.putLogEvents({ ...stream, logEvents });
    }

    const first = await client.getLogEvents({ ...stream, startFromHead: true });
    const second = await client.getLogEvents({ ...stream, nextToken: first.nextForwardToken });

    expect([first.events?.length, second.events?.length]).toEqual([2, 1]);
  });

  it.each([
    "f/123",
    `f/${"1".repeat(56)}`,
    "x/00017953890976540000000000000002000000000279391660526974",
    "nonsense",
  ])("refuses the token %s", async (nextToken) => {
    const { client } = await startWithStream();

    const answer = client.getLogEvents({ ...stream, nextToken });

    await expect(answer).rejects.toMatchObject(refusals.tokenInvalid);
  });

  it("refuses the token of another stream", async () => {
    const { client } = await startWithStream();
    await makeStream(client, "other");
    const { nextForwardToken } = await client.getLogEvents(stream);

    const answer = client.getLogEvents({
      ...stream,
      logStreamName: "other",
      nextToken: nextForwardToken,
    });

    await expect(answer).rejects.toMatchObject(refusals.tokenInvalid);
  });

  it("refuses absent groups and streams, and limits out of range", async () => {
    const { client } = await startWithStream();

    const group = client.getLogEvents({ ...stream, logGroupName: "none" });
    const name = client.getLogEvents({ ...stream, logStreamName: "none" });
    const limit = client.getLogEvents({ ...stream, limit: 10_001 });

    await expect(group).rejects.toMatchObject(refusals.groupAbsent);
    await expect(name).rejects.toMatchObject(refusals.streamAbsent);
    await expect(limit).rejects.toThrow("Member must have value less than or equal to 10000");
  });
});

describe("FilterLogEvents", () => {
  it("interleaves the streams of a group by stamp", async () => {
    const { client } = await startWithStream();
    await makeStream(client, "t");
    await put(client, [9, 5, 1]);
    await put(client, [7, 3], "t");

    const { events } = await client.filterLogEvents({ logGroupName: "g" });

    expect(textOf(events)).toBe("9 7 5 3 1");
    expect(events?.[1]).toEqual({
      logStreamName: "t",
      timestamp: nowMs - 7,
      message: "7",
      ingestionTime: nowMs,
      eventId: expect.stringMatching(/^\d{56}$/),
    });
  });

  it("gives each event an id of its own", async () => {
    const { client } = await startWithStream();
    await put(client, [1, 1]);
    await put(client, [1]);

    const { events } = await client.filterLogEvents({ logGroupName: "g" });

    expect(new Set(events?.map(({ eventId }) => eventId)).size).toBe(3);
  });

  it("searches streams by name or by prefix", async () => {
    const { client } = await startWithStream();
    await makeStream(client, "t1");
    await makeStream(client, "t2");
    await put(client, [3]);
    await put(client, [2], "t1");
    await put(client, [1], "t2");

    const named = await client.filterLogEvents({ logGroupName: "g", logStreamNames: ["s", "t2"] });
    const prefixed = await client.filterLogEvents({ logGroupName: "g", logStreamNamePrefix: "t" });

    expect([textOf(named.events), textOf(prefixed.events)]).toEqual(["3 1", "2 1"]);
  });

  it("reads from the start to the end, both inclusive", async () => {
    const { client } = await startWithStream();
    await put(client, [5, 4, 3, 2]);
    const range = { startTime: nowMs - 4, endTime: nowMs - 3 };

    const { events } = await client.filterLogEvents({ logGroupName: "g", ...range });

    expect(textOf(events)).toBe("4 3");
  });

  it("pages through matches only", async () => {
    const { client } = await startWithStream();
    await put(client, [31, 30, 21, 20, 11, 10]);
    const call = { logGroupName: "g", limit: 2, filterPattern: '?"30" ?"20" ?"10"' };
    const pages: string[] = [];

    let nextToken: string | undefined;
    do {
      const answer = await client.filterLogEvents({ ...call, nextToken });
      pages.push(textOf(answer.events));
      nextToken = answer.nextToken;
    } while (nextToken !== undefined);

    expect(pages).toEqual(["30 20", "10"]);
  });

  it("refuses names with a prefix, an absent stream, a foreign token and a bad pattern", async () => {
    const { client } = await startWithStream();
    const group = { logGroupName: "g" };

    const both = client.filterLogEvents({
      ...group,
      logStreamNames: ["s"],
      logStreamNamePrefix: "s",
    });
    const absent = client.filterLogEvents({ ...group, logStreamNames: ["none"] });
    const token = client.filterLogEvents({ ...group, nextToken: "1".repeat(56) });
    const pattern = client.filterLogEvents({ ...group, filterPattern: "{ $.a = 1" });

    await expect(both).rejects.toMatchObject({ name: "InvalidParameterException" });
    await expect(absent).rejects.toMatchObject(refusals.streamAbsent);
    await expect(token).rejects.toMatchObject(refusals.tokenInvalid);
    await expect(pattern).rejects.toThrow("starts with '{' it must end with '}'");
  });
});

describe("reading", () => {
  it.each(["INFREQUENT_ACCESS", "DELIVERY"] as const)(
    "is refused in a group of class %s, writing is not",
    async (logGroupClass) => {
      const { client } = await startEndpoint({ nowMs: () => nowMs });
      await client.createLogGroup({ logGroupName: "g", logGroupClass });
      await makeStream(client);

      const written = await put(client, [1]);
      const get = client.getLogEvents(stream);
      const filter = client.filterLogEvents({ logGroupName: "g" });

      const name = "InvalidOperationException";
      const message = `The log group g is of log-group-class ${logGroupClass}.`;
      expect(written.rejectedLogEventsInfo).toBeUndefined();
      await expect(get).rejects.toMatchObject({
        name,
        message: `${message} GetLogEvents is not supported for this log class.`,
      });
      await expect(filter).rejects.toMatchObject({
        name,
        message: `${message} FilterLogEvents is not supported for this log class.`,
      });
    },
  );

  it("sees events after the visibility delay, asked for each call", async () => {
    let clockMs = nowMs;
    const delays = [500, 0];
    const { client } = await startWithStream({
      nowMs: () => clockMs,
      visibilityDelayMs: () => delays.shift() ?? 0,
    });
    await put(client, [2]);
    await put(client, [1]);
    const read = async (): Promise<string[]> => [
      textOf((await client.getLogEvents(stream)).events),
      textOf((await client.filterLogEvents({ logGroupName: "g" })).events),
    ];

    const early = await read();
    clockMs += 500;

    expect([early, await read()]).toEqual([
      ["1", "1"],
      ["2 1", "2 1"],
    ]);
  });

  it("does not show hidden events in the description of their stream", async () => {
    const { client } = await startWithStream({ visibilityDelayMs: 60_000 });
    await put(client, [1]);

    const { logStreams } = await client.describeLogStreams({ logGroupName: "g" });

    expect(logStreams?.[0]?.lastEventTimestamp).toBeUndefined();
  });
});
