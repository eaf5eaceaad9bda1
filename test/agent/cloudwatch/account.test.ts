import { afterEach, describe, expect, it } from "vitest";
import { AWSCloudWatchLogs, type CloudWatchLogsOptions } from "../../../agent/cloudwatch/client.ts";
import { judge } from "../../../agent/cloudwatch/faults.ts";
import type { EndpointOptions } from "../../../agent/local/endpoint.ts";
import { type Account, openAccount } from "./local-account.ts";

const stream = { logGroupName: "doors", logStreamName: "front" };
const put = "PutLogEvents";

let account: Account | undefined;

const openWithStream = async (
  endpointOptions: Partial<EndpointOptions> = {},
  clientOptions: CloudWatchLogsOptions = {},
): Promise<Account> => {
  account = await openAccount(endpointOptions, clientOptions);
  await account.answer("CreateLogGroup", { logGroupName: stream.logGroupName });
  await account.answer("CreateLogStream", stream);
  return account;
};

const batchOf = (...messages: string[]) => ({
  ...stream,
  logEvents: messages.map((message) => ({ timestamp: Date.now(), message })),
});

const messagesIn = async ({ answer }: Account): Promise<string[]> => {
  const { body } = await answer("GetLogEvents", { ...stream, startFromHead: true });
  return JSON.parse(body).events.map(({ message }: { message: string }) => message);
};

afterEach(async () => {
  await account?.close();
  account = undefined;
});

describe("client of an account", () => {
  it("brings every kind of character there and back", async () => {
    const messages = [
      '"quoted" \\ back',
      "tab\tand\u0001bell",
      "grüße 世界",
      "🚪👩‍🚒",
      "x".repeat(9_000),
    ];
    const open = await openWithStream();

    await open.answer(put, batchOf(...messages));

    expect(await messagesIn(open)).toEqual(messages);
  });

  it("gives the headers of each answer, with names in lower case", async () => {
    const { answer } = await openWithStream();

    const tables = [await answer(put, batchOf("hello")), await answer("DeleteLogStream", stream)];

    for (const { headers } of tables) {
      expect(headers).toMatchObject({
        "x-amzn-requestid": expect.stringMatching(/./),
        connection: expect.stringMatching(/./),
        date: expect.stringMatching(/GMT$/),
        "content-length": expect.stringMatching(/^\d+$/),
      });
    }
  });

  it("performs the actions that read and describe", async () => {
    const { answer } = await openWithStream();
    const group = { logGroupName: stream.logGroupName };
    await answer(put, batchOf("one apple", "two pears"));

    const retention = await answer("PutRetentionPolicy", { ...group, retentionInDays: 30 });
    const groups = await answer("DescribeLogGroups", { logGroupNamePrefix: "do" });
    const streams = await answer("DescribeLogStreams", { ...group, limit: 5 });
    const found = await answer("FilterLogEvents", { ...group, filterPattern: "pears" });

    expect(retention).toMatchObject({ statuscode: 200, body: "" });
    expect(JSON.parse(groups.body).logGroups).toMatchObject([{ ...group, retentionInDays: 30 }]);
    expect(JSON.parse(streams.body).logStreams).toMatchObject([{ logStreamName: "front" }]);
    expect(JSON.parse(found.body).events).toMatchObject([{ message: "two pears" }]);
  });

  it("tags a group", async () => {
    const { answer } = await openWithStream();
    const described = await answer("DescribeLogGroups", {});
    const [{ logGroupArn }] = JSON.parse(described.body).logGroups;

    const table = await answer("TagResource", { resourceArn: logGroupArn, tags: { a: "b" } });

    expect(table).toMatchObject({ statuscode: 200, body: "" });
  });

  it("signs with the server's time where this machine's is an hour off", async () => {
    const hourMs = 3_600_000;
    const nowMs = () => Date.now() + hourMs;
    const open = await openWithStream({ nowMs });

    const { statuscode } = await open.answer(put, batchOf("late"));

    expect(statuscode).toBe(200);
    expect(open.endpoint.tally.refusals).toEqual({ InvalidSignatureException: 1 });
    expect(Math.abs((open.logs.clockOffsetMs() ?? 0) - hourMs)).toBeLessThan(5_000);
  });

  it("stops compressing for an endpoint that cannot read it", async () => {
    const open = await openWithStream({ acceptGzip: false });
    const message = "door opened ".repeat(500);

    const { statuscode } = await open.answer(put, batchOf(message));
    await open.answer(put, batchOf(message));

    expect(statuscode).toBe(200);
    expect(await messagesIn(open)).toEqual([message, message]);
    expect(Object.values(open.endpoint.tally.refusals)).toEqual([1]);
  });

  it("uses temporary credentials", async () => {
    const sessionToken = "temporary/token=";
    const open = await openWithStream({ sessionToken }, { sessionToken });

    const { statuscode } = await open.answer(put, batchOf("hello"));

    expect(statuscode).toBe(200);
  });

  it("gets through throttling and faults of the service", async () => {
    const open = await openWithStream({}, { attempts: 4 });
    open.endpoint.faults.next(
      { kind: "error", name: "ThrottlingException", message: "Rate exceeded" },
      { times: 2 },
    );
    open.endpoint.faults.next({ kind: "cut-before" });

    const { statuscode } = await open.answer(put, batchOf("hello"));

    expect(statuscode).toBe(200);
    expect(await messagesIn(open)).toEqual(["hello"]);
  });

  it("is told by one attempt that a cut call may have been applied, as it was", async () => {
    const open = await openWithStream();
    open.endpoint.faults.next({ kind: "cut-after" });

    const attempt = await open.logs.attempt(put, batchOf("hello"));

    expect(judge(put, attempt).verdict).toBe("unknown");
    expect(await messagesIn(open)).toEqual(["hello"]);
  });

  it.each([
    ["a stream that does not exist", { ...batchOf("x"), logStreamName: "back" }, "create"],
    ["a group that does not exist", { ...batchOf("x"), logGroupName: "gates" }, "create"],
    ["an empty message", batchOf("fine", ""), "split"],
    ["no events", batchOf(), "giveUp"],
    ["more than the service takes", batchOf("x".repeat(600_000), "x".repeat(600_000)), "split"],
    [
      "a span of more than 24 hours",
      {
        ...stream,
        logEvents: [
          { timestamp: Date.now() - 86_500_000, message: "yesterday" },
          { timestamp: Date.now(), message: "today" },
        ],
      },
      "split",
    ],
    ["a bad stream name", { ...batchOf("x"), logStreamName: "a:b" }, "giveUp"],
  ])("is told what to do about %s", async (_what, batch, expected) => {
    const open = await openWithStream();

    const attempt = await open.logs.attempt(put, batch);

    expect(judge(put, attempt).verdict).toBe(expected);
  });

  it("is told to keep the data where the secret is wrong", async () => {
    const open = await openWithStream();
    const credentials = async () => ({ accessKeyId: "AKIDEXAMPLE", secretAccessKey: "wrong" });
    const stranger = new AWSCloudWatchLogs("us-east-1", null, null, {
      endpoint: open.endpoint.url,
      environment: {},
      credentials,
    });

    const attempt = await stranger.attempt(put, batchOf("hello"));
    await stranger.close();

    expect(judge(put, attempt)).toMatchObject({
      verdict: "denied",
      reason: expect.stringContaining("the secret is wrong (400 InvalidSignatureException)"),
    });
  });
});
