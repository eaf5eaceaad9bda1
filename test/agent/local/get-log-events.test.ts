import { describe, expect, it } from "vitest";
import { nowMs, putAged, startWithStream, stream, textOf } from "../../support/aged-events.ts";
import { refusals, tokenPattern } from "../../support/cloudwatch-facts.ts";
import { makeStream } from "../../support/local-endpoint.ts";

describe("GetLogEvents", () => {
  it("answers events with stamp, message and time of ingestion, and both tokens", async () => {
    const { client } = await startWithStream();
    await putAged(client, [7]);

    const answer = await client.getLogEvents(stream);

    expect(answer.events).toEqual([{ timestamp: nowMs - 7, message: "7", ingestionTime: nowMs }]);
    expect(answer.nextForwardToken).toMatch(tokenPattern);
    expect(answer.nextBackwardToken).toMatch(tokenPattern);
  });

  it("orders by stamp, equal stamps by arrival", async () => {
    const { client } = await startWithStream();
    await putAged(client, [5, 3]);
    await putAged(client, [9, 5, 1]);

    const { events } = await client.getLogEvents({ ...stream, startFromHead: true });

    expect(textOf(events)).toBe("9 5 5 3 1");
  });

  it("pages forward from the head until the token comes back", async () => {
    const { client } = await startWithStream();
    await putAged(client, [5, 4, 3]);
    const call = { ...stream, startFromHead: true, limit: 2 };

    const first = await client.getLogEvents(call);
    const second = await client.getLogEvents({ ...call, nextToken: first.nextForwardToken });
    const third = await client.getLogEvents({ ...call, nextToken: second.nextForwardToken });

    expect([first, second, third].map(({ events }) => textOf(events))).toEqual(["5 4", "3", ""]);
    expect(second.nextForwardToken).not.toBe(first.nextForwardToken);
    expect(third.nextForwardToken).toBe(second.nextForwardToken);
  });

  it("pages backward from the tail until the token comes back", async () => {
    const { client } = await startWithStream();
    await putAged(client, [5, 4, 3]);
    const call = { ...stream, limit: 2 };

    const first = await client.getLogEvents(call);
    const second = await client.getLogEvents({ ...call, nextToken: first.nextBackwardToken });
    const third = await client.getLogEvents({ ...call, nextToken: second.nextBackwardToken });

    expect([first, second, third].map(({ events }) => textOf(events))).toEqual(["4 3", "5", ""]);
    expect(third.nextBackwardToken).toBe(second.nextBackwardToken);
  });

  it("goes forth and back between two pages", async () => {
    const { client } = await startWithStream();
    await putAged(client, [5, 4, 3, 2]);
    const call = { ...stream, startFromHead: true, limit: 2 };

    const first = await client.getLogEvents(call);
    const second = await client.getLogEvents({ ...call, nextToken: first.nextForwardToken });
    const back = await client.getLogEvents({ ...call, nextToken: second.nextBackwardToken });

    expect(textOf(back.events)).toBe("5 4");
  });

  it("finds later events by the token of an end reached earlier", async () => {
    const { client } = await startWithStream();
    const empty = await client.getLogEvents({ ...stream, startFromHead: true });

    await putAged(client, [1]);
    const answer = await client.getLogEvents({ ...stream, nextToken: empty.nextForwardToken });

    expect(textOf(answer.events)).toBe("1");
  });

  it("reads from the start inclusive to the end exclusive", async () => {
    const { client } = await startWithStream();
    await putAged(client, [5, 4, 3, 2]);
    const range = { startTime: nowMs - 4, endTime: nowMs - 2 };

    const { events } = await client.getLogEvents({ ...stream, ...range });

    expect(textOf(events)).toBe("4 3");
  });

  it("answers no more than 1 MiB, and goes on after it", async () => {
    const { client } = await startWithStream();
    const message = "m".repeat(400_000);
    for (const age of [3, 2, 1]) {
      const logEvents = [{ timestamp: nowMs - age, message }];
      await client.putLogEvents({ ...stream, logEvents });
    }

    const first = await client.getLogEvents({ ...stream, startFromHead: true });
    const second = await client.getLogEvents({ ...stream, nextToken: first.nextForwardToken });

    expect([first.events?.length, second.events?.length]).toEqual([2, 1]);
  });

  it.each([
    "f/123",
    `f/${"1".repeat(56)}`,
    "x/00017953890976540000000000000002000000000279391660526974",
    "nonsense",
  ])("refuses the token %s", async (nextToken) => {
    const { client } = await startWithStream();

    const answer = client.getLogEvents({ ...stream, nextToken });

    await expect(answer).rejects.toMatchObject(refusals.tokenInvalid);
  });

  it("refuses the token of another stream", async () => {
    const { client } = await startWithStream();
    await makeStream(client, "other");
    const { nextForwardToken } = await client.getLogEvents(stream);

    const answer = client.getLogEvents({
      ...stream,
      logStreamName: "other",
      nextToken: nextForwardToken,
    });

    await expect(answer).rejects.toMatchObject(refusals.tokenInvalid);
  });

  it("refuses absent groups and streams, and limits out of range", async () => {
    const { client } = await startWithStream();

    const group = client.getLogEvents({ ...stream, logGroupName: "none" });
    const name = client.getLogEvents({ ...stream, logStreamName: "none" });
    const limit = client.getLogEvents({ ...stream, limit: 10_001 });

    await expect(group).rejects.toMatchObject(refusals.groupAbsent);
    await expect(name).rejects.toMatchObject(refusals.streamAbsent);
    await expect(limit).rejects.toThrow("Member must have value less than or equal to 10000");
  });
});
