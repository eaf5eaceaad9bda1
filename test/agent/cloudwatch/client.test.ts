import { inspect } from "node:util";
import { afterEach, describe, expect, it, vi } from "vitest";
import {
  AWS_CLOUDWATCH_LOGS_ACTION_CREATE_LOG_GROUP,
  AWS_CLOUDWATCH_LOGS_ACTION_CREATE_LOG_STREAM,
  AWS_CLOUDWATCH_LOGS_ACTION_DELETE_LOG_GROUP,
  AWS_CLOUDWATCH_LOGS_ACTION_DELETE_LOG_STREAM,
  AWS_CLOUDWATCH_LOGS_ACTION_DESCRIBE_LOG_GROUPS,
  AWS_CLOUDWATCH_LOGS_ACTION_DESCRIBE_LOG_STREAMS,
  AWS_CLOUDWATCH_LOGS_ACTION_FILTER_LOG_EVENTS,
  AWS_CLOUDWATCH_LOGS_ACTION_GET_LOG_EVENTS,
  AWS_CLOUDWATCH_LOGS_ACTION_PUT_LOG_EVENTS,
  AWS_CLOUDWATCH_LOGS_ACTION_PUT_RETENTION_POLICY,
  AWS_CLOUDWATCH_LOGS_ACTION_TAG_RESOURCE,
} from "../../../agent/cloudwatch/actions.ts";
import {
  AWSCloudWatchLogs,
  type CloudWatchLogsOptions,
  type ResponseTable,
} from "../../../agent/cloudwatch/client.ts";
import { type FakeAnswer, refusal, startFakeService, unusedUrl } from "./fake-service.ts";

const secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
const doors = { logGroupName: "doors" };
const batch = { ...doors, logStreamName: "front", logEvents: [{ timestamp: 1, message: "open" }] };

const cleanups: (() => Promise<unknown>)[] = [];

const createClient = (endpoint: string, options: CloudWatchLogsOptions = {}) => {
  const waitsMs: number[] = [];
  const sleep = async (ms: number) => {
    waitsMs.push(ms);
  };
  const settings = { endpoint, environment: {}, sleep, random: () => 0.5, ...options };
  const logs = new AWSCloudWatchLogs("eu-west-1", "KEY", secret, settings);
  cleanups.push(() => logs.close());
  return { logs, waitsMs };
};

const start = async (answers: FakeAnswer[], options: CloudWatchLogsOptions = {}) => {
  const service = await startFakeService(...answers);
  cleanups.push(service.close);
  return { service, ...createClient(service.url, options) };
};

const settle = () => new Promise((resolve) => setImmediate(resolve));

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

describe("action types", () => {
  it("are the API's names", () => {
    const values = [
      AWS_CLOUDWATCH_LOGS_ACTION_CREATE_LOG_GROUP,
      AWS_CLOUDWATCH_LOGS_ACTION_CREATE_LOG_STREAM,
      AWS_CLOUDWATCH_LOGS_ACTION_DELETE_LOG_GROUP,
      AWS_CLOUDWATCH_LOGS_ACTION_DELETE_LOG_STREAM,
      AWS_CLOUDWATCH_LOGS_ACTION_PUT_LOG_EVENTS,
      AWS_CLOUDWATCH_LOGS_ACTION_PUT_RETENTION_POLICY,
      AWS_CLOUDWATCH_LOGS_ACTION_TAG_RESOURCE,
      AWS_CLOUDWATCH_LOGS_ACTION_DESCRIBE_LOG_GROUPS,
      AWS_CLOUDWATCH_LOGS_ACTION_DESCRIBE_LOG_STREAMS,
      AWS_CLOUDWATCH_LOGS_ACTION_GET_LOG_EVENTS,
      AWS_CLOUDWATCH_LOGS_ACTION_FILTER_LOG_EVENTS,
    ];

    expect(values).toEqual([
      "CreateLogGroup",
      "CreateLogStream",
      "DeleteLogGroup",
      "DeleteLogStream",
      "PutLogEvents",
      "PutRetentionPolicy",
      "TagResource",
      "DescribeLogGroups",
      "DescribeLogStreams",
      "GetLogEvents",
      "FilterLogEvents",
    ]);
  });
});

describe("action", () => {
  it("gives body, status code and headers of a success", async () => {
    const { logs } = await start([{ body: "", headers: { "x-amzn-RequestId": "r-1" } }]);

    const table = await logs.action("CreateLogGroup", doors);

    expect(table).toMatchObject({ body: "", statuscode: 200 });
    expect(Object.keys(table).sort()).toEqual(["body", "headers", "statuscode"]);
    expect(table).toHaveProperty("headers.x-amzn-requestid", "r-1");
    expect(table).toHaveProperty("headers.connection", "keep-alive");
    expect(table).toHaveProperty("headers.date", expect.any(String));
  });

  it("gives the same three for an error of AWS, whose text is in the body", async () => {
    const { logs } = await start([
      refusal("ResourceAlreadyExistsException", "The specified log group already exists"),
    ]);

    const table = await logs.action("CreateLogGroup", doors);

    expect(Object.keys(table).sort()).toEqual(["body", "headers", "statuscode"]);
    expect(table).toHaveProperty("statuscode", 400);
    expect(JSON.parse((table as { body: string }).body).message).toBe(
      "The specified log group already exists",
    );
  });

  it("gives the error alone where parameters cannot be encoded, and sends nothing", async () => {
    const { logs, service } = await start([]);
    const logEvents = [{ timestamp: "soon", message: "open" }];

    const table = await logs.action("PutLogEvents", { ...batch, logEvents });

    expect(Object.keys(table)).toEqual(["error"]);
    expect(table).toHaveProperty("error", expect.stringContaining("logEvents[0].timestamp"));
    expect(service.requests).toHaveLength(0);
  });

  it("gives the error with an empty answer where none came after all retries", async () => {
    const { logs, waitsMs } = createClient(await unusedUrl(), { attempts: 4 });

    const table = await logs.action("CreateLogGroup", doors);

    expect(table).toEqual({
      error: expect.stringMatching(/^Cannot reach http.*ECONNREFUSED/),
      statuscode: 0,
      body: "",
      headers: {},
    });
    expect(waitsMs).toEqual([25, 50, 100]);
  });

  it.each([
    ["a success", "CreateLogGroup", doors],
    ["parameters that cannot be encoded", "CreateLogStream", doors],
  ])("calls back with one table, once and not at once, for %s", async (_what, action, params) => {
    const { logs } = await start([]);
    const expected = await logs.action(action, params);
    const tables: ResponseTable[] = [];

    const given = await new Promise<unknown>((resolve) => {
      const returned = logs.action(action, params, (...table) => {
        tables.push(...table);
        resolve(returned);
      });
      expect(tables).toHaveLength(0);
    });
    await settle();

    expect(given).toBeUndefined();
    expect(tables).toHaveLength(1);
    expect(Object.keys(tables[0] ?? {})).toEqual(Object.keys(expected));
  });

  it("calls back once even if the callback throws", async () => {
    const { logs } = await start([]);
    const uncaught = new Promise((resolve) => {
      const listeners = process.listeners("uncaughtException");
      process.removeAllListeners("uncaughtException");
      process.once("uncaughtException", (error) => {
        for (const listener of listeners) process.on("uncaughtException", listener);
        resolve(error);
      });
    });
    const callback = vi.fn(() => {
      throw new Error("from the callback");
    });

    logs.action("CreateLogGroup", doors, callback);

    expect(await uncaught).toEqual(new Error("from the callback"));
    await settle();
    expect(callback).toHaveBeenCalledTimes(1);
  });

  it.each([null, undefined, 7, "x", [], () => 1])("never rejects, given %o", async (params) => {
    const { logs } = await start([]);

    const table = await logs.action("DeleteLogGroup" as string, params as object);

    expect(table).toHaveProperty("error");
  });

  it("takes the parameters as they are when it is called, and leaves them so", async () => {
    const { logs, service } = await start([]);
    const params = { logGroupName: "doors", tags: { a: "b" } };

    const under = logs.action("CreateLogGroup", params);
    params.tags.a = "changed";
    await under;

    expect(JSON.parse(service.requests[0]?.text ?? "")).toEqual({
      logGroupName: "doors",
      tags: { a: "b" },
    });
    expect(params).toEqual({ logGroupName: "doors", tags: { a: "changed" } });
  });

  it("sends stamps given as strings as JSON integers, and null as nothing", async () => {
    const { logs, service } = await start([]);
    const logEvents = [{ timestamp: "1700000000000", message: 'a "quoted" log' }];

    await logs.action("PutLogEvents", { ...batch, logEvents, sequenceToken: null });

    expect(JSON.parse(service.requests[0]?.text ?? "")).toEqual({
      ...batch,
      logEvents: [{ timestamp: 1_700_000_000_000, message: 'a "quoted" log' }],
    });
  });

  it("sends an empty batch, for the service to refuse", async () => {
    const { logs, service } = await start([]);

    await logs.action("PutLogEvents", { ...batch, logEvents: [] });

    expect(JSON.parse(service.requests[0]?.text ?? "")).toEqual({ ...batch, logEvents: [] });
  });

  it("passes an action it does not know through, signed", async () => {
    const { logs, service } = await start([{ body: '{"queryId":"q"}' }]);

    const table = await logs.action("StartQuery", { queryString: "fields @message" });

    expect(table).toHaveProperty("body", '{"queryId":"q"}');
    expect(service.requests[0]).toMatchObject({
      text: '{"queryString":"fields @message"}',
      headers: {
        "x-amz-target": "Logs_20140328.StartQuery",
        authorization: expect.stringMatching(/^AWS4-HMAC-SHA256 Credential=KEY\//),
      },
    });
  });

  it("sends the session token of temporary keys", async () => {
    const { logs, service } = await start([], { sessionToken: "temporary" });

    await logs.action("CreateLogGroup", doors);

    expect(service.requests[0]?.headers["x-amz-security-token"]).toBe("temporary");
  });

  it("asks a provider for credentials where no keys are given", async () => {
    const service = await startFakeService();
    cleanups.push(service.close);
    const logs = new AWSCloudWatchLogs("eu-west-1", undefined, undefined, {
      endpoint: service.url,
      environment: {},
      credentials: async () => ({ accessKeyId: "PROVIDED", secretAccessKey: secret }),
    });
    cleanups.push(() => logs.close());

    await logs.action("CreateLogGroup", doors);

    expect(service.requests[0]?.headers.authorization).toContain("Credential=PROVIDED/");
  });
});

describe("retries of an action", () => {
  it("follow server faults, throttling and cut connections, each after its own pause", async () => {
    const throttled = refusal("ThrottlingException", "Rate exceeded");
    const answers: FakeAnswer[] = [{ status: 500 }, throttled, "cut", { status: 503 }];
    const { logs, service, waitsMs } = await start(answers, { attempts: 5 });

    const table = await logs.action("PutLogEvents", batch);

    expect(table).toHaveProperty("statuscode", 200);
    expect(service.requests).toHaveLength(5);
    expect(waitsMs).toEqual([25, 1_000, 100, 200]);
  });

  it("are two unless told otherwise", async () => {
    const { logs, service } = await start([{ status: 500 }, { status: 500 }, { status: 500 }]);

    const table = await logs.action("PutLogEvents", batch);

    expect(table).toHaveProperty("statuscode", 500);
    expect(service.requests).toHaveLength(3);
  });

  it("are told by AWS_MAX_ATTEMPTS as well", async () => {
    const environment = { AWS_MAX_ATTEMPTS: "1" };
    const { logs, service } = await start([{ status: 500 }], { environment });

    await logs.action("PutLogEvents", batch);

    expect(service.requests).toHaveLength(1);
  });

  it("are not made for parameters that the service refuses", async () => {
    const { logs, service } = await start([refusal("InvalidParameterException", "no")]);

    const table = await logs.action("PutLogEvents", batch);

    expect(table).toHaveProperty("statuscode", 400);
    expect(service.requests).toHaveLength(1);
  });

  it("end when the budget that calls share is spent", async () => {
    const answers = Array.from({ length: 9 }, (): FakeAnswer => ({ status: 500 }));
    const { logs, service } = await start(answers, { attempts: 3, retryBudget: 10 });

    await logs.action("PutLogEvents", batch);
    await logs.action("PutLogEvents", batch);

    expect(service.requests).toHaveLength(4);
  });
});

describe("attempt of a client", () => {
  it("is one try, whatever comes of it", async () => {
    const { logs, service } = await start([{ status: 500, body: '{"message":"no"}' }]);

    const attempt = await logs.attempt("PutLogEvents", batch);

    expect(attempt).toMatchObject({
      kind: "response",
      statuscode: 500,
      body: '{"message":"no"}',
    });
    expect(service.requests).toHaveLength(1);
  });

  it("tells apart what surely was not sent, what may have been, and what cannot be", async () => {
    const { logs } = await start(["cut"]);
    const unreachable = createClient(await unusedUrl()).logs;
    const noEvents = { ...batch, logEvents: undefined } as unknown as typeof batch;

    const attempts = [
      await unreachable.attempt("PutLogEvents", batch),
      await logs.attempt("PutLogEvents", batch),
      await logs.attempt("PutLogEvents", noEvents),
    ];

    expect(attempts.map(({ kind }) => kind)).toEqual(["notSent", "noResponse", "invalid"]);
    expect(attempts[2]).toHaveProperty("error", expect.stringContaining('"logEvents" is missing'));
  });

  it("sends a body that is encoded already as it is", async () => {
    const { logs, service } = await start([]);

    await logs.attemptEncoded("PutLogEvents", Buffer.from(JSON.stringify(batch)));

    expect(service.requests[0]).toMatchObject({
      text: JSON.stringify(batch),
      headers: { "x-amz-target": "Logs_20140328.PutLogEvents" },
    });
  });
});

describe("client", () => {
  it("takes the Region from the environment where none is given", async () => {
    const service = await startFakeService();
    cleanups.push(service.close);
    const environment = { AWS_REGION: "sa-east-1", AWS_ENDPOINT_URL: service.url };
    const logs = new AWSCloudWatchLogs(undefined, "KEY", secret, { environment });
    cleanups.push(() => logs.close());

    await logs.action("CreateLogGroup", doors);

    expect(service.requests[0]?.headers.authorization).toContain("/sa-east-1/logs/aws4_request");
  });

  it.each([
    [{ attempts: 0 }, "ATTEMPTS_INVALID"],
    [{ environment: { AWS_MAX_ATTEMPTS: "many" } }, "ATTEMPTS_INVALID"],
    [{ environment: { HTTPS_PROXY: "proxy" } }, "PROXY_INVALID"],
    [{ endpoint: "nowhere" }, "ENDPOINT_INVALID"],
  ])("refuses the settings %o", (options, code) => {
    const act = () => new AWSCloudWatchLogs("eu-west-1", "KEY", secret, options);

    expect(act).toThrow(expect.objectContaining({ code }));
  });

  it("refuses one key without the other", () => {
    const act = () => new AWSCloudWatchLogs("eu-west-1", "KEY");

    expect(act).toThrow(/no secret access key/);
  });

  it("reports how far this machine's clock is from that of AWS", async () => {
    const headers = { date: new Date(Date.UTC(2026, 0, 1)).toUTCString() };
    const now = () => Date.UTC(2026, 0, 1) - 90_000;
    const { logs } = await start([{ headers }], { now });
    const before = logs.clockOffsetMs();

    await logs.action("CreateLogGroup", doors);

    expect([before, logs.clockOffsetMs()]).toEqual([undefined, 90_000]);
  });

  it("shows no token that cannot be sent", async () => {
    const { logs } = await start([], { sessionToken: "temporary\ntoken" });

    const attempt = await logs.attempt("CreateLogGroup", doors);

    expect(attempt.kind).toBe("notSent");
    expect(JSON.stringify(attempt)).not.toContain("temporary");
  });

  it("shows no secret when it is printed, nor in what it gives", async () => {
    const { logs } = await start(["cut", refusal("InvalidSignatureException", "does not match")], {
      sessionToken: "temporary",
      attempts: 1,
    });

    const shown = [
      inspect(logs, { depth: 9, showHidden: true }),
      JSON.stringify(logs),
      JSON.stringify(await logs.action("CreateLogGroup", doors)),
      JSON.stringify(await logs.action("CreateLogGroup", doors)),
      JSON.stringify(await logs.action("CreateLogGroup", {} as typeof doors)),
    ];

    expect(shown.join("\n")).not.toMatch(/wJalr|temporary/);
  });
});
