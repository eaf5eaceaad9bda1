import { describe, expect, it } from "vitest";
import { refusals, retentionDays } from "../../support/cloudwatch-facts.ts";
import { makeStream, sdkClient, setClock, startEndpoint } from "../../support/local-endpoint.ts";

const arnOf = (name: string): string => `arn:aws:logs:us-east-1:123456789012:log-group:${name}`;

const violation = (value: string, constraint: string) =>
  `1 validation error detected: Value ${value} failed to satisfy constraint: ${constraint}`;

describe("CreateLogGroup", () => {
  it("makes a group with tags", async () => {
    const { client } = await startEndpoint();

    const answer = await client.createLogGroup({ logGroupName: "g", tags: { Site: "Ånes 1" } });

    const { tags } = await client.listTagsForResource({ resourceArn: arnOf("g") });
    expect(answer.$metadata.httpStatusCode).toBe(200);
    expect(tags).toEqual({ Site: "Ånes 1" });
  });

  it("refuses a name that is taken", async () => {
    const { client } = await startEndpoint();
    await client.createLogGroup({ logGroupName: "g" });

    const answer = client.createLogGroup({ logGroupName: "g" });

    await expect(answer).rejects.toMatchObject({
      ...refusals.groupExists,
      $metadata: { httpStatusCode: 400 },
    });
  });

  it.each(["a", "/fleetlog/a.b-c_d#1", "x".repeat(512)])("takes the name %s", async (name) => {
    const { client } = await startEndpoint();

    await client.createLogGroup({ logGroupName: name });

    const { logGroups } = await client.describeLogGroups({});
    expect(logGroups).toMatchObject([{ logGroupName: name, logGroupClass: "STANDARD" }]);
  });

  it.each([
    ["", "Member must have length greater than or equal to 1"],
    ["x".repeat(513), "Member must have length less than or equal to 512"],
    ["a b", "Member must satisfy regular expression pattern: [\\.\\-_/#A-Za-z0-9]+"],
    ["å", "Member must satisfy regular expression pattern: [\\.\\-_/#A-Za-z0-9]+"],
  ])("refuses the name '%s'", async (name, constraint) => {
    const { client } = await startEndpoint();

    const answer = client.createLogGroup({ logGroupName: name });

    await expect(answer).rejects.toThrow(constraint);
  });

  it("keeps names that begin with aws/ for AWS", async () => {
    const { client } = await startEndpoint();

    const answer = client.createLogGroup({ logGroupName: "aws/mine" });

    await expect(answer).rejects.toThrow("Log groups starting with AWS/ are reserved for AWS.");
  });

  it.each([
    { what: "a key with a semicolon", tags: { "a;b": "v" }, constraint: /Map keys must satisfy/ },
    { what: "a value of 257", tags: { a: "v".repeat(257) }, constraint: /Map value must satisfy/ },
    { what: "no tag", tags: {}, constraint: /length greater than or equal to 1/ },
    {
      what: "51 tags",
      tags: Object.fromEntries(Array.from({ length: 51 }, (_, index) => [`t${index}`, ""])),
      constraint: /length less than or equal to 50/,
    },
  ])("refuses tags with $what", async ({ tags, constraint }) => {
    const { client } = await startEndpoint();

    const answer = client.createLogGroup({ logGroupName: "g", tags });

    await expect(answer).rejects.toThrow(constraint);
  });

  it("refuses a class that does not exist and a key id that is too long", async () => {
    const { client } = await startEndpoint();
    const input = { logGroupName: "g", logGroupClass: "CHEAP" as "STANDARD" };

    const answer = client.createLogGroup({ ...input, kmsKeyId: "k".repeat(257) });

    await expect(answer).rejects.toThrow(/^2 validation errors detected: .*kmsKeyId.*; .*CHEAP/);
  });
});

describe("DeleteLogGroup", () => {
  it("deletes a group with its streams and events", async () => {
    const { client } = await startEndpoint();
    const stream = await makeStream(client);
    const logEvents = [{ timestamp: Date.now(), message: "m" }];
    await client.putLogEvents({ ...stream, logEvents });

    const answer = await client.deleteLogGroup({ logGroupName: "g" });

    await makeStream(client);
    const { events } = await client.getLogEvents(stream);
    expect(answer.$metadata.httpStatusCode).toBe(200);
    expect(events).toEqual([]);
  });

  it("refuses an absent group", async () => {
    const { client } = await startEndpoint();

    const answer = client.deleteLogGroup({ logGroupName: "none" });

    await expect(answer).rejects.toMatchObject(refusals.groupAbsent);
  });
});

describe("PutRetentionPolicy", () => {
  it("takes each of the service's values", async () => {
    const { client } = await startEndpoint();
    await client.createLogGroup({ logGroupName: "g" });
    const seen: (number | undefined)[] = [];

    for (const retentionInDays of retentionDays) {
      await client.putRetentionPolicy({ logGroupName: "g", retentionInDays });
      const { logGroups } = await client.describeLogGroups({});
      seen.push(logGroups?.[0]?.retentionInDays);
    }

    expect(seen).toEqual(retentionDays);
  });

  it.each([0, 2, 15, 3654])("refuses %i days", async (retentionInDays) => {
    const { client } = await startEndpoint();
    await client.createLogGroup({ logGroupName: "g" });

    const answer = client.putRetentionPolicy({ logGroupName: "g", retentionInDays });

    await expect(answer).rejects.toThrow(
      violation(`'${retentionInDays}' at 'retentionInDays'`, "Member must satisfy enum value set"),
    );
  });

  it("hides what is older, at once and as time goes by", async () => {
    const clock = setClock();
    const { endpoint, client } = await startEndpoint({ nowMs: clock.nowMs });
    const stream = await makeStream(client);
    const dayMs = 86_400_000;
    const put = (timestamp: number) =>
      client.putLogEvents({ ...stream, logEvents: [{ timestamp, message: "m" }] });
    await put(Date.now() - 2 * dayMs);
    await put(Date.now());
    const count = async (offsetMs: number): Promise<number | undefined> => {
      clock.offsetMs = offsetMs;
      const reader = sdkClient(endpoint.url, offsetMs);
      return (await reader.getLogEvents(stream)).events?.length;
    };

    const before = await count(0);
    await client.putRetentionPolicy({ logGroupName: "g", retentionInDays: 1 });

    expect([before, await count(0), await count(dayMs + 60_000)]).toEqual([2, 1, 0]);
  });
});

describe("TagResource", () => {
  it("adds tags and replaces values", async () => {
    const { client } = await startEndpoint();
    await client.createLogGroup({ logGroupName: "g", tags: { a: "1", b: "2" } });

    await client.tagResource({ resourceArn: arnOf("g"), tags: { b: "3", c: "" } });

    const { tags } = await client.listTagsForResource({ resourceArn: arnOf("g") });
    expect(tags).toEqual({ a: "1", b: "3", c: "" });
  });

  it.each([arnOf("none"), `${arnOf("g")}:*`, "g"])("refuses the ARN %s", async (resourceArn) => {
    const { client } = await startEndpoint();
    await client.createLogGroup({ logGroupName: "g" });

    const answer = client.tagResource({ resourceArn, tags: { a: "1" } });

    await expect(answer).rejects.toThrow(
      resourceArn.includes("*") ? /regular expression pattern/ : refusals.groupAbsent.message,
    );
  });

  it("refuses a 51st tag", async () => {
    const { client } = await startEndpoint();
    const tags = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`t${index}`, ""]));
    await client.createLogGroup({ logGroupName: "g", tags });

    const answer = client.tagResource({ resourceArn: arnOf("g"), tags: { last: "" } });

    await expect(answer).rejects.toMatchObject({ name: "TooManyTagsException" });
  });
});
