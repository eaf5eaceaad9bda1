import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeAction } from "../../../agent/cloudwatch/encode.ts";

const names = { logGroupName: "doors", logStreamName: "front" };
const event = { timestamp: 1_700_000_000_000, message: "opened" };

const textOf = (actionType: string, params: unknown): string => {
  const encoded = encodeAction(actionType, params);
  return encoded.ok ? encoded.text : expect.fail(encoded.error);
};

const errorOf = (actionType: string, params: unknown): string => {
  const encoded = encodeAction(actionType, params);
  return encoded.ok ? expect.fail(encoded.text) : encoded.error;
};

const withEvents = (...logEvents: unknown[]) => ({ ...names, logEvents });

describe("encoded action", () => {
  it.each([
    ["a string of digits", "1700000000000", "1700000000000"],
    ["a number", 1_700_000_000_000, "1700000000000"],
    ["leading zeros", "0012", "12"],
    ["zero", 0, "0"],
    ["a negative number", "-5", "-5"],
    ["more digits than a double holds", "9007199254740993", "9007199254740993"],
  ])("carries a stamp given as %s as a JSON integer", (_form, timestamp, digits) => {
    const text = textOf("PutLogEvents", withEvents({ timestamp, message: "m" }));

    expect(text).toContain(`{"timestamp":${digits},"message":"m"}`);
  });

  it.each([
    ["quotes and backslashes", 'say "no" \\ C:\\new'],
    ["control characters", "\u0000\u0007\b\t\n\r\u001f\u007f\u2028"],
    ["letters of many scripts", "grüße мир 世界 עולם"],
    ["emoji", "🚪🏽👩‍🚒"],
    ["lone surrogates", "\ud83d and \ude00"],
    ["what looks like JSON", '"},{"timestamp":1,"message":"'],
  ])("keeps %s in a message", (_kind, message) => {
    const text = textOf("PutLogEvents", withEvents({ timestamp: 1, message }));

    expect(JSON.parse(text).logEvents[0].message).toBe(message);
    expect(Buffer.from(text).toString()).toBe(text);
  });

  it("says after parsing what the parameters said", () => {
    const anyEvent = fc.record({
      timestamp: fc.maxSafeInteger(),
      message: fc.string({ unit: "binary" }),
    });
    const anyParams = fc.record({
      logGroupName: fc.string(),
      logStreamName: fc.string(),
      logEvents: fc.array(anyEvent),
    });
    fc.assert(
      fc.property(anyParams, (params) => {
        expect(JSON.parse(textOf("PutLogEvents", params))).toEqual(params);
      }),
    );
  });

  it("has an empty batch as an empty list", () => {
    const text = textOf("PutLogEvents", withEvents());

    expect(JSON.parse(text)).toEqual({ ...names, logEvents: [] });
  });

  it.each([null, undefined])("leaves out optional parameters that are %s", (absent) => {
    const group = textOf("CreateLogGroup", { logGroupName: "g", tags: absent, kmsKeyId: absent });
    const batch = textOf("PutLogEvents", { ...withEvents(event), sequenceToken: absent });

    expect(group).toBe('{"logGroupName":"g"}');
    expect(batch).not.toContain("sequenceToken");
  });

  it("carries tags and the sequence token", () => {
    const group = textOf("CreateLogGroup", { logGroupName: "g", tags: { Environment: "test" } });
    const batch = textOf("PutLogEvents", { ...withEvents(event), sequenceToken: "4959" });

    expect(JSON.parse(group).tags).toEqual({ Environment: "test" });
    expect(JSON.parse(batch).sequenceToken).toBe("4959");
  });

  it("leaves limits and patterns to the service", () => {
    const text = textOf("CreateLogStream", { logGroupName: "", logStreamName: "a:*" });

    expect(JSON.parse(text)).toEqual({ logGroupName: "", logStreamName: "a:*" });
  });

  it("passes on members and actions that it does not know", () => {
    const params = { logGroupName: "g", deletionProtectionEnabled: true };
    const query = { queryString: "fields @message", limit: 5, nested: { a: [null, 1] } };

    expect(JSON.parse(textOf("CreateLogGroup", params))).toEqual(params);
    expect(JSON.parse(textOf("StartQuery", query))).toEqual(query);
  });

  it.each([
    ["PutRetentionPolicy", { logGroupName: "g", retentionInDays: 30 }],
    ["TagResource", { resourceArn: "arn:aws:logs:x", tags: { a: "b" } }],
    ["DescribeLogGroups", {}],
    ["DescribeLogStreams", { logGroupIdentifier: "arn", descending: true, limit: 5 }],
    ["GetLogEvents", { ...names, startTime: 1, endTime: 2, startFromHead: true }],
    ["FilterLogEvents", { logGroupName: "g", logStreamNames: ["a", "b"], filterPattern: "-x" }],
  ])("of %s has its parameters", (actionType, params) => {
    const text = textOf(actionType, params);

    expect(JSON.parse(text)).toEqual(params);
  });

  it.each([
    ["CreateLogGroup", {}, '"logGroupName" is missing'],
    ["CreateLogGroup", { logGroupName: null }, '"logGroupName" is missing'],
    ["CreateLogStream", { logGroupName: "g" }, '"logStreamName" is missing'],
    ["DeleteLogGroup", { logGroupName: 7 }, '"logGroupName" is 7'],
    ["DeleteLogStream", { logStreamName: "s" }, '"logGroupName" is missing'],
    ["PutLogEvents", names, '"logEvents" is missing'],
    ["PutLogEvents", { ...names, logEvents: "all" }, '"logEvents" is "all"'],
    ["PutLogEvents", withEvents(event, null), '"logEvents[1]" is missing'],
    ["PutLogEvents", withEvents({ ...event, message: 42 }), '"logEvents[0].message" is 42'],
    ["PutLogEvents", withEvents({ timestamp: 1 }), '"logEvents[0].message" is missing'],
    ["PutLogEvents", withEvents({ message: "m" }), '"logEvents[0].timestamp" is missing'],
    ["PutLogEvents", withEvents({ ...event, timestamp: 1.5 }), 'timestamp" is 1.5'],
    ["PutLogEvents", withEvents({ ...event, timestamp: "soon" }), 'timestamp" is "soon"'],
    ["PutLogEvents", withEvents({ ...event, timestamp: "" }), 'timestamp" is ""'],
    ["PutLogEvents", withEvents({ ...event, timestamp: Number.NaN }), 'timestamp" is NaN'],
    ["PutLogEvents", withEvents({ ...event, timestamp: 1e21 }), 'timestamp" is 1e+21'],
    ["CreateLogGroup", { logGroupName: "g", tags: { a: 1 } }, '"tags.a" is 1'],
    ["CreateLogGroup", { logGroupName: "g", tags: ["a"] }, '"tags" is a'],
    ["PutRetentionPolicy", { logGroupName: "g" }, '"retentionInDays" is missing'],
    ["GetLogEvents", { logStreamName: "s" }, '"logGroupName" or "logGroupIdentifier" is missing'],
    ["GetLogEvents", { ...names, startFromHead: "yes" }, '"startFromHead" is "yes"'],
    ["FilterLogEvents", { logGroupName: "g", logStreamNames: [1] }, '"logStreamNames[0]" is 1'],
    ["CreateLogGroup", null, '"actionParams" is missing'],
    ["CreateLogGroup", "g", '"actionParams" is "g"'],
    ["Two Words", {}, '"Two Words"'],
    ["X\r\nHost: evil", {}, "no such name"],
  ])("of %s with %o is refused, naming what is wrong", (actionType, params, told) => {
    const error = errorOf(actionType, params);

    expect(error).toContain(told);
  });

  it("is refused with a short quotation of a long value", () => {
    const error = errorOf(
      "PutLogEvents",
      withEvents({ timestamp: "x".repeat(9_000), message: "" }),
    );

    expect(error.length).toBeLessThan(250);
  });

  it("is refused where a value cannot be written as JSON", () => {
    const circular: Record<string, unknown> = {};
    circular.self = circular;
    const broken = {
      get logGroupName(): string {
        throw new Error("no name today");
      },
    };

    expect(errorOf("StartQuery", circular)).toMatch(/circular/i);
    expect(errorOf("StartQuery", { at: 1n })).toMatch(/BigInt/);
    expect(errorOf("CreateLogGroup", broken)).toContain("no name today");
  });
});
