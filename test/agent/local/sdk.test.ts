import type { CloudWatchLogs } from "@aws-sdk/client-cloudwatch-logs";
import { describe, expect, it } from "vitest";
import { refusals } from "../../support/cloudwatch-facts.ts";
import { makeStream, startEndpoint } from "../../support/local-endpoint.ts";

const group = { logGroupName: "doors" };
const stream = { ...group, logStreamName: "front" };
const accepted = { $metadata: { httpStatusCode: 200 } };

const startWithStream = async (): Promise<CloudWatchLogs> => {
  const { client } = await startEndpoint();
  await makeStream(client, stream.logStreamName, group.logGroupName);
  return client;
};

describe("AWS's own client", () => {
  it("creates a group with tags", async () => {
    const { client } = await startEndpoint();

    const answer = await client.createLogGroup({ ...group, tags: { Environment: "test" } });

    expect(answer).toMatchObject(accepted);
  });

  it("is refused a group that exists", async () => {
    const { client } = await startEndpoint();
    await client.createLogGroup(group);

    await expect(client.createLogGroup(group)).rejects.toMatchObject(refusals.groupExists);
  });

  it("creates a stream", async () => {
    const { client } = await startEndpoint();
    await client.createLogGroup(group);

    expect(await client.createLogStream(stream)).toMatchObject(accepted);
  });

  it("is refused a stream that exists", async () => {
    const client = await startWithStream();

    await expect(client.createLogStream(stream)).rejects.toMatchObject(refusals.streamExists);
  });

  it("is refused a stream in a group that does not exist", async () => {
    const { client } = await startEndpoint();

    await expect(client.createLogStream(stream)).rejects.toMatchObject(refusals.groupAbsent);
  });

  it("deletes a stream", async () => {
    const client = await startWithStream();

    expect(await client.deleteLogStream(stream)).toMatchObject(accepted);
  });

  it("deletes a group", async () => {
    const client = await startWithStream();

    expect(await client.deleteLogGroup(group)).toMatchObject(accepted);
  });

  it("is refused to delete a group that does not exist", async () => {
    const { client } = await startEndpoint();

    await expect(client.deleteLogGroup(group)).rejects.toMatchObject(refusals.groupAbsent);
  });

  it("is refused to delete a stream that does not exist", async () => {
    const { client } = await startEndpoint();
    await client.createLogGroup(group);

    await expect(client.deleteLogStream(stream)).rejects.toMatchObject(refusals.streamAbsent);
  });

  it("puts an event", async () => {
    const client = await startWithStream();

    const answer = await client.putLogEvents({
      ...stream,
      logEvents: [{ message: "open", timestamp: Date.now() }],
    });

    expect(answer).toMatchObject(accepted);
    expect(answer.rejectedLogEventsInfo).toBeUndefined();
  });

  it("puts an event stamped in seconds, and is told that it is too old", async () => {
    const client = await startWithStream();

    const answer = await client.putLogEvents({
      ...stream,
      logEvents: [{ message: "open", timestamp: Math.floor(Date.now() / 1_000) }],
    });

    expect(answer).toMatchObject(accepted);
    expect(answer.rejectedLogEventsInfo?.tooOldLogEventEndIndex).toBe(1);
  });

  it("puts two events with equal stamps", async () => {
    const client = await startWithStream();
    const timestamp = Date.now();

    const answer = await client.putLogEvents({
      ...stream,
      logEvents: [
        { message: "open", timestamp },
        { message: "closed", timestamp },
      ],
    });

    expect(answer).toMatchObject(accepted);
    expect(answer.rejectedLogEventsInfo).toBeUndefined();
  });
});
