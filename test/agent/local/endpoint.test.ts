import { connect } from "node:net";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { createEndpoint } from "../../../agent/local/endpoint.ts";
import { refusals } from "../../support/cloudwatch-facts.ts";
import {
  makeStream,
  scratchDirectory,
  startEndpoint,
  testKeys,
} from "../../support/local-endpoint.ts";
import { signCall } from "../../support/signed-call.ts";

const post = async (url: string, action: string, body: unknown, headers = {}) => {
  const bytes =
    body instanceof Uint8Array || typeof body === "string" ? body : JSON.stringify(body);
  const response = await fetch(url, await signCall(url, { action, body: bytes, headers }));
  const text = await response.text();
  return { status: response.status, headers: response.headers, text };
};

describe("endpoint", () => {
  it("answers with the service's headers and an empty body where there is nothing to say", async () => {
    const { endpoint } = await startEndpoint();

    const answer = await post(endpoint.url, "CreateLogGroup", { logGroupName: "g" });

    expect(answer).toMatchObject({ status: 200, text: "" });
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      "x-amzn-requestid": expect.stringMatching(/^[\da-f-]{36}$/),
      "content-type": "application/x-amz-json-1.1",
      "content-length": "0",
      connection: "keep-alive",
      date: expect.stringMatching(/GMT$/),
    });
  });

  it("answers errors with type and message", async () => {
    const { endpoint } = await startEndpoint();

    const answer = await post(endpoint.url, "DeleteLogGroup", { logGroupName: "none" });

    const { name, message } = refusals.groupAbsent;
    expect(answer.status).toBe(400);
    expect(JSON.parse(answer.text)).toEqual({ __type: name, message });
  });

  it.each(["StartQuery", "constructor", ""])("does not know the action '%s'", async (action) => {
    const { endpoint } = await startEndpoint();

    const { status, text } = await post(endpoint.url, action, {});

    expect(status).toBe(400);
    expect(JSON.parse(text)).toMatchObject({ __type: "UnknownOperationException" });
  });

  it("does not know a GET or another content type", async () => {
    const { endpoint } = await startEndpoint();
    const headers = { "content-type": "application/json" };

    const get = await fetch(endpoint.url);
    const json = await post(endpoint.url, "DescribeLogGroups", {}, headers);

    expect(await get.json()).toMatchObject({ __type: "UnknownOperationException" });
    expect(JSON.parse(json.text)).toMatchObject({ __type: "UnknownOperationException" });
  });

  it.each([
    ["no JSON", "{"],
    ["an empty body", ""],
    ["JSON that is no object", "[1]"],
    ["null", "null"],
    ["bytes that are not UTF-8", Uint8Array.of(0x22, 0xff, 0x22)],
    ["a number for a name", '{"logGroupName":7}'],
    ["an object for a name", '{"logGroupName":{}}'],
    ["a list for tags", '{"logGroupName":"g","tags":[]}'],
    ["a number for a tag", '{"logGroupName":"g","tags":{"a":1}}'],
  ])("cannot read %s", async (_, body) => {
    const { endpoint } = await startEndpoint();

    const { status, text } = await post(endpoint.url, "CreateLogGroup", body);

    expect(status).toBe(400);
    expect(JSON.parse(text)).toMatchObject({ __type: "SerializationException" });
  });

  it.each([
    ["a stamp as text", { timestamp: "1", message: "m" }],
    ["a stamp with a fraction", { timestamp: 1.5, message: "m" }],
    ["a message that is a number", { timestamp: 1, message: 7 }],
    ["an event that is text", "m"],
  ])("cannot read %s", async (_, event) => {
    const { endpoint, client } = await startEndpoint();
    const stream = await makeStream(client);

    const input = { ...stream, logEvents: [event] };
    const { text } = await post(endpoint.url, "PutLogEvents", input);

    expect(JSON.parse(text)).toMatchObject({ __type: "SerializationException" });
  });

  it("names every member that is missing or out of bounds", async () => {
    const { endpoint } = await startEndpoint();
    const logEvents = [{ timestamp: -1 }, null];

    const { text } = await post(endpoint.url, "PutLogEvents", { logGroupName: "a b", logEvents });

    const { __type, message } = JSON.parse(text);
    expect(__type).toBe("InvalidParameterException");
    expect(message).toBe(
      [
        "5 validation errors detected: Value 'a b' at 'logGroupName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\.\\-_/#A-Za-z0-9]+",
        "Value null at 'logStreamName' failed to satisfy constraint: Member must not be null",
        "Value '-1' at 'logEvents.1.member.timestamp' failed to satisfy constraint: Member must have value greater than or equal to 0",
        "Value null at 'logEvents.1.member.message' failed to satisfy constraint: Member must not be null",
        "Value null at 'logEvents.2.member' failed to satisfy constraint: Member must not be null",
      ].join("; "),
    );
  });

  it("refuses a body above its limit", async () => {
    const { endpoint } = await startEndpoint();

    const { status, text } = await post(endpoint.url, "CreateLogGroup", "x".repeat(8_388_609));

    expect(status).toBe(413);
    expect(JSON.parse(text)).toMatchObject({ __type: "RequestEntityTooLargeException" });
  });

  it("listens on loopback only", async () => {
    const directory = await scratchDirectory();

    const answer = createEndpoint({ directory, ...testKeys, host: "0.0.0.0" });

    await expect(answer).rejects.toMatchObject({ code: "ENDPOINT_HOST" });
  });

  it("names a port it cannot have", async () => {
    const { endpoint } = await startEndpoint();
    const directory = await scratchDirectory();

    const answer = createEndpoint({ directory, ...testKeys, port: endpoint.port });

    await expect(answer).rejects.toMatchObject({
      code: "ENDPOINT_PORT",
      message: expect.stringContaining(`127.0.0.1:${endpoint.port}`),
    });
  });

  it("names a directory it cannot use", async () => {
    const answer = createEndpoint({ directory: "/dev/null/x", ...testKeys });

    await expect(answer).rejects.toMatchObject({
      code: "ENDPOINT_DIRECTORY",
      message: expect.stringContaining('"/dev/null/x"'),
    });
  });

  it("stops while a client keeps a half-sent request open", async () => {
    const { endpoint } = await startEndpoint();
    const socket = connect(endpoint.port, "127.0.0.1");
    socket.on("error", () => undefined);
    await new Promise((resolve) => socket.write("POST / HTTP/1.1\r\nHost: a\r\n", resolve));

    await expect(endpoint.stop()).resolves.toBeUndefined();
  });
});

describe("gzip body", () => {
  const input = { logGroupName: "zipped" };

  it("is unpacked, its signature covers the packed bytes", async () => {
    const { endpoint, client } = await startEndpoint();
    const headers = { "content-encoding": "gzip" };

    const packed = gzipSync(JSON.stringify(input));
    const { status } = await post(endpoint.url, "CreateLogGroup", packed, headers);

    const { logGroups } = await client.describeLogGroups({});
    expect(status).toBe(200);
    expect(logGroups).toMatchObject([input]);
  });

  it.each([
    ["damaged", gzipSync(JSON.stringify(input)).subarray(0, 20), "gzip", 400],
    ["of another packing", Buffer.from("{}"), "br", 400],
    ["not packed at all", Buffer.from("{}"), "gzip", 400],
    ["larger than allowed once unpacked", gzipSync(Buffer.alloc(8_388_609)), "gzip", 413],
  ])("is refused when %s", async (_, body, encoding, wanted) => {
    const { endpoint } = await startEndpoint();
    const headers = { "content-encoding": encoding };

    const { status } = await post(endpoint.url, "CreateLogGroup", body, headers);

    expect(status).toBe(wanted);
  });

  it("is refused by an endpoint told not to know it", async () => {
    const { endpoint } = await startEndpoint({ acceptGzip: false });
    const headers = { "content-encoding": "gzip" };

    const packed = gzipSync(JSON.stringify(input));
    const { text } = await post(endpoint.url, "CreateLogGroup", packed, headers);

    expect(JSON.parse(text)).toMatchObject({ __type: "SerializationException" });
  });
});
