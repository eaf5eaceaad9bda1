import { describe, expect, it } from "vitest";
import { nowMs, putAged, startWithStream, stream, textOf } from "../../support/aged-events.ts";
import { makeStream, startEndpoint } from "../../support/local-endpoint.ts";

describe("reading", () => {
  it.each(["INFREQUENT_ACCESS", "DELIVERY"] as const)(
    "is refused in a group of class %s, writing is not",
    async (logGroupClass) => {
      const { client } = await startEndpoint({ nowMs: () => nowMs });
      await client.createLogGroup({ logGroupName: "g", logGroupClass });
      await makeStream(client);

      const written = await putAged(client, [1]);
      const get = client.getLogEvents(stream);
      const filter = client.filterLogEvents({ logGroupName: "g" });

      const name = "InvalidOperationException";
      const message = `The log group g is of log-group-class ${logGroupClass}.`;
      expect(written.rejectedLogEventsInfo).toBeUndefined();
      await expect(get).rejects.toMatchObject({
        name,
        message: `${message} GetLogEvents is not supported for this log class.`,
      });
      await expect(filter).rejects.toMatchObject({
        name,
        message: `${message} FilterLogEvents is not supported for this log class.`,
      });
    },
  );

  it("sees events after the visibility delay, asked for each call", async () => {
    let clockMs = nowMs;
    const delays = [500, 0];
    const { client } = await startWithStream({
      nowMs: () => clockMs,
      visibilityDelayMs: () => delays.shift() ?? 0,
    });
    await putAged(client, [2]);
    await putAged(client, [1]);
    const read = async (): Promise<string[]> => [
      textOf((await client.getLogEvents(stream)).events),
      textOf((await client.filterLogEvents({ logGroupName: "g" })).events),
    ];

    const early = await read();
    clockMs += 500;

    expect([early, await read()]).toEqual([
      ["1", "1"],
      ["2 1", "2 1"],
    ]);
  });

  it("does not show hidden events in the description of their stream", async () => {
    const { client } = await startWithStream({ visibilityDelayMs: 60_000 });
    await putAged(client, [1]);

    const { logStreams } = await client.describeLogStreams({ logGroupName: "g" });

    expect(logStreams?.[0]?.lastEventTimestamp).toBeUndefined();
  });
});
