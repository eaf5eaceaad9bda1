import type { CloudWatchLogs } from "@aws-sdk/client-cloudwatch-logs";
import { describe, expect, it } from "vitest";
import { refusals } from "../../support/cloudwatch-facts.ts";
import { makeStream, startEndpoint } from "../../support/local-endpoint.ts";

const nowMs = Date.now();

const startWithStreams = async (...names: string[]) => {
  const { endpoint, client } = await startEndpoint({ nowMs: () => nowMs });
  for (const name of names) await makeStream(client, name);
  return { endpoint, client };
};

const put = (client: CloudWatchLogs, logStreamName: string, ...timestamps: number[]) =>
  client.putLogEvents({
    logGroupName: "g",
    logStreamName,
    logEvents: timestamps.map((timestamp) => ({ timestamp, message: "m" })),
  });

const namesOf = (answer: { logStreams?: { logStreamName?: string | undefined }[] | undefined }) =>
  answer.logStreams?.map(({ logStreamName }) => logStreamName);

describe("CreateLogStream", () => {
  it("makes a stream", async () => {
    const { client } = await startWithStreams();
    await client.createLogGroup({ logGroupName: "g" });

    const answer = await client.createLogStream({ logGroupName: "g", logStreamName: "pump 7/å" });

    const listed = await client.describeLogStreams({ logGroupName: "g" });
    expect(answer.$metadata.httpStatusCode).toBe(200);
    expect(namesOf(listed)).toEqual(["pump 7/å"]);
  });

  it("refuses a name that is taken and an absent group", async () => {
    const { client } = await startWithStreams("s");

    const taken = client.createLogStream({ logGroupName: "g", logStreamName: "s" });
    const absent = client.createLogStream({ logGroupName: "none", logStreamName: "s" });

    await expect(taken).rejects.toMatchObject(refusals.streamExists);
    await expect(absent).rejects.toMatchObject(refusals.groupAbsent);
  });

  it.each([
    ["a:b", "Member must satisfy regular expression pattern: [^:*]*"],
    ["a*", "Member must satisfy regular expression pattern: [^:*]*"],
    ["", "Member must have length greater than or equal to 1"],
    ["x".repeat(513), "Member must have length less than or equal to 512"],
  ])("refuses the name '%s'", async (logStreamName, constraint) => {
    const { client } = await startWithStreams("s");

    const answer = client.createLogStream({ logGroupName: "g", logStreamName });

    await expect(answer).rejects.toThrow(constraint);
  });
});

describe("DeleteLogStream", () => {
  it("deletes a stream with its events", async () => {
    const { client } = await startWithStreams("s");
    await put(client, "s", nowMs);

    const answer = await client.deleteLogStream({ logGroupName: "g", logStreamName: "s" });

    const stream = await makeStream(client);
    const { events } = await client.getLogEvents(stream);
    expect(answer.$metadata.httpStatusCode).toBe(200);
    expect(events).toEqual([]);
  });

  it("refuses an absent stream and an absent group", async () => {
    const { client } = await startWithStreams("s");

    const stream = client.deleteLogStream({ logGroupName: "g", logStreamName: "none" });
    const group = client.deleteLogStream({ logGroupName: "none", logStreamName: "s" });

    await expect(stream).rejects.toMatchObject(refusals.streamAbsent);
    await expect(group).rejects.toMatchObject(refusals.groupAbsent);
  });
});

describe("DescribeLogStreams", () => {
  it("tells little of a new stream", async () => {
    const { client } = await startWithStreams("s");

    const { logStreams } = await client.describeLogStreams({ logGroupName: "g" });

    expect(logStreams).toEqual([
      {
        arn: "arn:aws:logs:us-east-1:123456789012:log-group:g:log-stream:s",
        creationTime: nowMs,
        logStreamName: "s",
        storedBytes: 0,
      },
    ]);
  });

  it("tells the times of a stream with events", async () => {
    const { client } = await startWithStreams("s");
    await put(client, "s", nowMs - 5, nowMs - 3);
    await put(client, "s", nowMs - 9);

    const { logStreams } = await client.describeLogStreams({ logGroupName: "g" });

    expect(logStreams).toMatchObject([
      {
        firstEventTimestamp: nowMs - 9,
        lastEventTimestamp: nowMs - 3,
        lastIngestionTime: nowMs,
      },
    ]);
  });

  it("lists by name or by last event, either way", async () => {
    const { client } = await startWithStreams("a", "b", "c");
    await put(client, "a", nowMs - 1);
    await put(client, "b", nowMs - 3);
    await put(client, "c", nowMs - 2);
    const list = async (orderBy: "LogStreamName" | "LastEventTime", descending: boolean) =>
      namesOf(await client.describeLogStreams({ logGroupName: "g", orderBy, descending }));

    expect(await list("LogStreamName", false)).toEqual(["a", "b", "c"]);
    expect(await list("LogStreamName", true)).toEqual(["c", "b", "a"]);
    expect(await list("LastEventTime", false)).toEqual(["b", "c", "a"]);
    expect(await list("LastEventTime", true)).toEqual(["a", "c", "b"]);
  });

  it.each([
    { orderBy: "LogStreamName" as const, descending: false },
    { orderBy: "LogStreamName" as const, descending: true },
    { orderBy: "LastEventTime" as const, descending: true },
  ])("lists page by page by $orderBy, descending $descending", async (order) => {
    const { client } = await startWithStreams("a", "b", "c", "d", "e");
    const call = { logGroupName: "g", limit: 2, ...order };
    const pages: (string | undefined)[][] = [];

    let nextToken: string | undefined;
    do {
      const answer = await client.describeLogStreams({ ...call, nextToken });
      pages.push(namesOf(answer) ?? []);
      nextToken = answer.nextToken;
    } while (nextToken !== undefined);

    const names = ["a", "b", "c", "d", "e"];
    expect(pages.map((page) => page.length)).toEqual([2, 2, 1]);
    expect(pages.flat()).toEqual(order.descending ? names.reverse() : names);
  });

  it("finds by prefix, by group name or ARN", async () => {
    const { client } = await startWithStreams("pump-1", "pump-2", "door");
    const logGroupIdentifier = "arn:aws:logs:us-east-1:123456789012:log-group:g";

    const answer = await client.describeLogStreams({
      logGroupIdentifier,
      logStreamNamePrefix: "pump",
    });

    expect(namesOf(answer)).toEqual(["pump-1", "pump-2"]);
  });

  it("refuses a prefix with the order by last event, and a group named twice or not", async () => {
    const { client } = await startWithStreams("s");
    const ordered = { logGroupName: "g", orderBy: "LastEventTime" as const };

    const prefixed = client.describeLogStreams({ ...ordered, logStreamNamePrefix: "s" });
    const twice = client.describeLogStreams({ logGroupName: "g", logGroupIdentifier: "g" });
    const unnamed = client.describeLogStreams({});

    await expect(prefixed).rejects.toThrow("Cannot order by LastEventTime");
    await expect(twice).rejects.toThrow("Exactly one of logGroupName and logGroupIdentifier");
    await expect(unnamed).rejects.toThrow("Exactly one of logGroupName and logGroupIdentifier");
  });
});
