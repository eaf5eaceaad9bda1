import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  AWS_CLOUDWATCH_LOGS_ACTION_CREATE_LOG_GROUP,
  AWS_CLOUDWATCH_LOGS_ACTION_CREATE_LOG_STREAM,
  AWS_CLOUDWATCH_LOGS_ACTION_DELETE_LOG_GROUP,
  AWS_CLOUDWATCH_LOGS_ACTION_DELETE_LOG_STREAM,
  AWS_CLOUDWATCH_LOGS_ACTION_PUT_LOG_EVENTS,
} from "../../../agent/cloudwatch/actions.ts";
import type { ResponseTable } from "../../../agent/cloudwatch/client.ts";
import { type Account, messageIn, openAccount } from "./local-account.ts";

let account: Account;

beforeAll(async () => {
  account = await openAccount();
});

afterAll(async () => {
  await account.close();
});

const createGroup = (logGroupName: string) =>
  account.answer(AWS_CLOUDWATCH_LOGS_ACTION_CREATE_LOG_GROUP, { logGroupName });

const createStream = async (logGroupName: string, logStreamName: string) => {
  await createGroup(logGroupName);
  return account.answer(AWS_CLOUDWATCH_LOGS_ACTION_CREATE_LOG_STREAM, {
    logGroupName,
    logStreamName,
  });
};

const put = (logGroupName: string, ...logEvents: { message: string; timestamp: string }[]) =>
  account.answer(AWS_CLOUDWATCH_LOGS_ACTION_PUT_LOG_EVENTS, {
    logGroupName,
    logStreamName: "stream",
    logEvents,
  });

describe("behaviour of the original", () => {
  it("creates a group with tags", async () => {
    const table = await account.answer(AWS_CLOUDWATCH_LOGS_ACTION_CREATE_LOG_GROUP, {
      logGroupName: "tagged",
      tags: { Environment: "test" },
    });

    expect(table.statuscode).toBe(200);
  });

  it("refuses to create a group twice", async () => {
    await createGroup("twice");

    const table = await createGroup("twice");

    expect(table.statuscode).toBe(400);
    expect(messageIn(table)).toBe("The specified log group already exists");
  });

  it("creates a stream", async () => {
    const table = await createStream("with-stream", "stream");

    expect(table.statuscode).toBe(200);
  });

  it("refuses to create a stream twice", async () => {
    await createStream("stream-twice", "stream");

    const table = await createStream("stream-twice", "stream");

    expect(table.statuscode).toBe(400);
    expect(messageIn(table)).toBe("The specified log stream already exists");
  });

  it("refuses a stream in a group that does not exist", async () => {
    const table = await account.answer(AWS_CLOUDWATCH_LOGS_ACTION_CREATE_LOG_STREAM, {
      logGroupName: "absent",
      logStreamName: "stream",
    });

    expect(table.statuscode).toBe(400);
    expect(messageIn(table)).toBe("The specified log group does not exist.");
  });

  it("deletes a stream", async () => {
    await createStream("loses-stream", "stream");

    const table = await account.answer(AWS_CLOUDWATCH_LOGS_ACTION_DELETE_LOG_STREAM, {
      logGroupName: "loses-stream",
      logStreamName: "stream",
    });

    expect(table.statuscode).toBe(200);
  });

  it("deletes a group", async () => {
    await createGroup("deleted");

    const table = await account.answer(AWS_CLOUDWATCH_LOGS_ACTION_DELETE_LOG_GROUP, {
      logGroupName: "deleted",
    });

    expect(table.statuscode).toBe(200);
  });

  it("refuses to delete a group that does not exist", async () => {
    const table = await account.answer(AWS_CLOUDWATCH_LOGS_ACTION_DELETE_LOG_GROUP, {
      logGroupName: "absent",
    });

    expect(table.statuscode).toBe(400);
    expect(messageIn(table)).toBe("The specified log group does not exist.");
  });

  it("refuses to delete a stream that does not exist", async () => {
    await createGroup("without-stream");

    const table = await account.answer(AWS_CLOUDWATCH_LOGS_ACTION_DELETE_LOG_STREAM, {
      logGroupName: "without-stream",
      logStreamName: "absent",
    });

    expect(table.statuscode).toBe(400);
    expect(messageIn(table)).toBe("The specified log stream does not exist.");
  });

  it("puts an event", async () => {
    await createStream("one-event", "stream");

    const table = await put("one-event", { message: "pump on", timestamp: `${Date.now()}` });

    expect(table.statuscode).toBe(200);
    expect(JSON.parse(table.body)).not.toHaveProperty("rejectedLogEventsInfo");
  });

  it("takes an event stamped in seconds, and says that it is too old", async () => {
    await createStream("seconds", "stream");
    const timestamp = `${Math.floor(Date.now() / 1_000)}`;

    const table = await put("seconds", { message: "pump on", timestamp });

    expect(table.statuscode).toBe(200);
    expect(JSON.parse(table.body).rejectedLogEventsInfo.tooOldLogEventEndIndex).toBe(1);
  });

  it("puts two events with equal stamps", async () => {
    await createStream("equal-stamps", "stream");
    const timestamp = `${Date.now()}`;

    const table = await put(
      "equal-stamps",
      { message: "pump on", timestamp },
      { message: "pump off", timestamp },
    );

    expect(table.statuscode).toBe(200);
    expect(JSON.parse(table.body)).not.toHaveProperty("rejectedLogEventsInfo");
  });
});

/** Runs an example whose last callback reports, and gives what it reported. */
const reportOf = (example: (report: (line: string) => void) => void) =>
  new Promise<string>((resolve) => example(resolve));

const reportsTo =
  (report: (line: string) => void, success: string, failure: string) =>
  (response: ResponseTable) => {
    if (response.error !== undefined) {
      report(response.error);
    } else if (response.statuscode === 200) {
      report(success);
    } else {
      report(`${failure}${JSON.parse(response.body).message}`);
    }
  };

describe("example of the original's document", () => {
  const stream = { logGroupName: "testLogGroup", logStreamName: "testLogStream" };

  it("creates a log group", async () => {
    const groupParams = { logGroupName: "testLogGroup", tags: { Environment: "test" } };
    const example = (report: (line: string) => void) =>
      account.logs.action(
        AWS_CLOUDWATCH_LOGS_ACTION_CREATE_LOG_GROUP,
        groupParams,
        reportsTo(report, "created the group", "no group: "),
      );

    const lines = [await reportOf(example), await reportOf(example)];

    expect(lines).toEqual([
      "created the group",
      "no group: The specified log group already exists",
    ]);
  });

  it("creates a log stream", async () => {
    const example = (report: (line: string) => void) =>
      account.logs.action(
        AWS_CLOUDWATCH_LOGS_ACTION_CREATE_LOG_STREAM,
        stream,
        reportsTo(report, "created the stream", "no stream: "),
      );

    const lines = [await reportOf(example), await reportOf(example)];

    expect(lines).toEqual([
      "created the stream",
      "no stream: The specified log stream already exists",
    ]);
  });

  it("puts a log event", async () => {
    const putParams = { ...stream, logEvents: [{ message: "log", timestamp: `${Date.now()}` }] };
    const example = (report: (line: string) => void) =>
      account.logs.action(
        AWS_CLOUDWATCH_LOGS_ACTION_PUT_LOG_EVENTS,
        putParams,
        reportsTo(report, "put a log in the stream", "no log put: "),
      );

    const line = await reportOf(example);
    const read = await account.answer("GetLogEvents", stream);

    expect(line).toBe("put a log in the stream");
    expect(JSON.parse(read.body).events).toMatchObject([{ message: "log" }]);
  });

  it("deletes a log stream with its events", async () => {
    const example = (report: (line: string) => void) =>
      account.logs.action(
        AWS_CLOUDWATCH_LOGS_ACTION_DELETE_LOG_STREAM,
        stream,
        reportsTo(report, "deleted the stream", "stream not deleted: "),
      );

    const lines = [await reportOf(example), await reportOf(example)];
    await account.answer("CreateLogStream", stream);
    const read = await account.answer("GetLogEvents", stream);

    expect(lines).toEqual([
      "deleted the stream",
      "stream not deleted: The specified log stream does not exist.",
    ]);
    expect(JSON.parse(read.body).events).toEqual([]);
  });

  it("deletes a log group", async () => {
    const deleteParams = { logGroupName: "testLogGroup" };
    const example = (report: (line: string) => void) =>
      account.logs.action(
        AWS_CLOUDWATCH_LOGS_ACTION_DELETE_LOG_GROUP,
        deleteParams,
        reportsTo(report, "deleted the group", "group not deleted: "),
      );

    const lines = [await reportOf(example), await reportOf(example)];

    expect(lines).toEqual([
      "deleted the group",
      "group not deleted: The specified log group does not exist.",
    ]);
  });
});
