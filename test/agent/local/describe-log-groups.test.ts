import { describe, expect, it } from "vitest";
import { refusals } from "../../support/cloudwatch-facts.ts";
import { startEndpoint } from "../../support/local-endpoint.ts";

const arnOf = (name: string): string => `arn:aws:logs:us-east-1:123456789012:log-group:${name}`;

describe("DescribeLogGroups", () => {
  it("tells all of a group", async () => {
    const nowMs = Date.now();
    const { client } = await startEndpoint({ nowMs: () => nowMs });
    await client.createLogGroup({ logGroupName: "g", logGroupClass: "INFREQUENT_ACCESS" });

    const { logGroups } = await client.describeLogGroups({});

    expect(logGroups).toEqual([
      {
        arn: `${arnOf("g")}:*`,
        logGroupArn: arnOf("g"),
        logGroupName: "g",
        creationTime: nowMs,
        metricFilterCount: 0,
        storedBytes: 0,
        logGroupClass: "INFREQUENT_ACCESS",
      },
    ]);
  });

  it("lists by name, page by page, 50 at most", async () => {
    const { client } = await startEndpoint();
    const names = Array.from({ length: 53 }, (_, index) => `g${100 + index}`);
    for (const name of names) await client.createLogGroup({ logGroupName: name });

    const first = await client.describeLogGroups({});
    const second = await client.describeLogGroups({ nextToken: first.nextToken });

    const listed = [...(first.logGroups ?? []), ...(second.logGroups ?? [])];
    expect(first.logGroups).toHaveLength(50);
    expect(listed.map(({ logGroupName }) => logGroupName)).toEqual(names);
    expect(second.nextToken).toBeUndefined();
  });

  it("finds by prefix, by pattern and by class", async () => {
    const { client } = await startEndpoint();
    await client.createLogGroup({ logGroupName: "pump/a" });
    await client.createLogGroup({ logGroupName: "door/pump", logGroupClass: "INFREQUENT_ACCESS" });
    const find = async (input: Parameters<typeof client.describeLogGroups>[0]) =>
      (await client.describeLogGroups(input)).logGroups?.map(({ logGroupName }) => logGroupName);

    const found = [
      await find({ logGroupNamePrefix: "pump" }),
      await find({ logGroupNamePattern: "pump" }),
      await find({ logGroupClass: "INFREQUENT_ACCESS" }),
    ];

    expect(found).toEqual([["pump/a"], ["door/pump", "pump/a"], ["door/pump"]]);
  });

  it("refuses prefix and pattern together, a limit of 51 and a foreign token", async () => {
    const { client } = await startEndpoint();

    const both = client.describeLogGroups({ logGroupNamePrefix: "a", logGroupNamePattern: "b" });
    const limit = client.describeLogGroups({ limit: 51 });
    const token = client.describeLogGroups({ nextToken: "abc.def" });

    await expect(both).rejects.toThrow("mutually exclusive");
    await expect(limit).rejects.toThrow("Member must have value less than or equal to 50");
    await expect(token).rejects.toMatchObject(refusals.tokenInvalid);
  });
});
