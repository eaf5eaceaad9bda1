import { describe, expect, it } from "vitest";
import { nowMs, putAged, startWithStream, textOf } from "../../support/aged-events.ts";
import { refusals } from "../../support/cloudwatch-facts.ts";
import { makeStream } from "../../support/local-endpoint.ts";

describe("FilterLogEvents", () => {
  it("interleaves the streams of a group by stamp", async () => {
    const { client } = await startWithStream();
    await makeStream(client, "t");
    await putAged(client, [9, 5, 1]);
    await putAged(client, [7, 3], "t");

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
    await putAged(client, [1, 1]);
    await putAged(client, [1]);

    const { events } = await client.filterLogEvents({ logGroupName: "g" });

    expect(new Set(events?.map(({ eventId }) => eventId)).size).toBe(3);
  });

  it("searches streams by name or by prefix", async () => {
    const { client } = await startWithStream();
    await makeStream(client, "t1");
    await makeStream(client, "t2");
    await putAged(client, [3]);
    await putAged(client, [2], "t1");
    await putAged(client, [1], "t2");

    const named = await client.filterLogEvents({ logGroupName: "g", logStreamNames: ["s", "t2"] });
    const prefixed = await client.filterLogEvents({ logGroupName: "g", logStreamNamePrefix: "t" });

    expect([textOf(named.events), textOf(prefixed.events)]).toEqual(["3 1", "2 1"]);
  });

  it("reads from the start to the end, both inclusive", async () => {
    const { client } = await startWithStream();
    await putAged(client, [5, 4, 3, 2]);
    const range = { startTime: nowMs - 4, endTime: nowMs - 3 };

    const { events } = await client.filterLogEvents({ logGroupName: "g", ...range });

    expect(textOf(events)).toBe("4 3");
  });

  it("pages through matches only", async () => {
    const { client } = await startWithStream();
    await putAged(client, [31, 30, 21, 20, 11, 10]);
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
