import { appendFile, readdir, stat, truncate } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { encodeRecord, headBytes } from "../../../agent/local/store/record.ts";
import { openSegments } from "../../../agent/local/store/segment.ts";
import { openStore } from "../../../agent/local/store/store.ts";
import {
  addressOf,
  endpointArguments,
  runEndpointCommand,
} from "../../support/endpoint-process.ts";
import {
  makeStream,
  scratchDirectory,
  sdkClient,
  startEndpoint,
} from "../../support/local-endpoint.ts";

const group = { name: "g", creationMs: 1, logGroupClass: "STANDARD", tags: {} } as const;

const recordOf = (firstMs: number, ...messages: string[]): Buffer => {
  const events = messages.map((message, index) => ({ timestamp: firstMs + index, message }));
  const stamps = { ingestedMs: 7, visibleAtMs: 7 };
  return encodeRecord(events, Buffer.byteLength(messages.join("")), stamps);
};

describe("store", () => {
  it("keeps groups, streams, tags and retention when opened again", async () => {
    const directory = await scratchDirectory();
    const store = await openStore(directory);
    store.createGroup(group);
    const made = store.group("g");
    if (!made) throw new Error("The group is not there");
    store.createStream(made, "s", 2);
    store.createStream(made, "gone", 3);
    store.deleteStream(made, made.streams.get("gone") ?? { id: 0, name: "", creationMs: 0 });
    store.setRetention(made, 7);
    store.setTags(made, { a: "b" });
    await store.close();

    const again = await openStore(directory);

    const kept = again.group("g");
    expect(kept).toMatchObject({ ...group, retentionInDays: 7, tags: { a: "b" } });
    expect([...(kept?.streams.values() ?? [])]).toEqual([{ id: 2, name: "s", creationMs: 2 }]);
    await again.close();
  });

  it("leaves out a last line cut short by a crash", async () => {
    const directory = await scratchDirectory();
    const store = await openStore(directory);
    store.createGroup(group);
    await store.close();
    await appendFile(join(directory, "catalogue.jsonl"), '{"group":{"id":2,"na');

    const again = await openStore(directory);

    expect([...again.groups()].map(({ name }) => name)).toEqual(["g"]);
    await again.close();
  });

  it("removes the files of streams it does not know", async () => {
    const directory = await scratchDirectory();
    await (await openStore(directory)).close();
    await appendFile(join(directory, "events", "9.events"), "left over");

    await (await openStore(directory)).close();

    expect(await readdir(join(directory, "events"))).toEqual([]);
  });

  it("refuses a directory that another process uses", async () => {
    const directory = await scratchDirectory();
    const other = await runEndpointCommand(endpointArguments(directory));
    await addressOf(other);

    const answer = startEndpoint({ directory });

    await expect(answer).rejects.toMatchObject({
      code: "ENDPOINT_DIRECTORY",
      message: expect.stringContaining("another endpoint uses it"),
    });
  });
});

describe("segment", () => {
  it("finds its records again, without one cut short at the end", async () => {
    const directory = await scratchDirectory();
    const segments = openSegments(directory);
    segments.append(1, recordOf(10, "a", "bc"));
    segments.append(1, recordOf(5, "def"));
    segments.append(1, recordOf(20, "lost"));
    const whole = segments.index(1);
    segments.close();
    const path = join(directory, "1.events");
    await truncate(path, whole.sizeBytes - 1);

    const again = openSegments(directory).index(1);

    expect(again).toEqual({
      chunks: [
        expect.objectContaining({
          offset: 0,
          firstOrdinal: 0,
          minMs: 5,
          maxMs: 11,
          visibleAtMs: 7,
        }),
      ],
      sizeBytes: whole.sizeBytes - headBytes - 12 - 4,
      eventCount: 3,
      messageBytes: 6,
      lastIngestedMs: 7,
    });
    expect((await stat(path)).size).toBe(again.sizeBytes);
  });

  it("holds more streams than it keeps files open", async () => {
    const segments = openSegments(await scratchDirectory());
    const ids = Array.from({ length: 4_200 }, (_, index) => index + 1);

    for (const id of ids) segments.append(id, recordOf(id, `m${id}`));
    for (const id of ids) segments.append(id, recordOf(id, "again"));

    const counts = ids.map((id) => segments.index(id).eventCount);
    expect(new Set(counts)).toEqual(new Set([2]));
    segments.close();
  });

  it("keeps an index entry for each 64 KiB, not for each call", async () => {
    const segments = openSegments(await scratchDirectory());
    const message = "m".repeat(1_000);

    for (let call = 0; call < 300; call += 1) segments.append(1, recordOf(call, message));

    expect(segments.index(1).chunks).toHaveLength(5);
    segments.close();
  });
});

describe("endpoint on the same data", () => {
  it("has all it answered 200 to after a restart", async () => {
    const first = await startEndpoint();
    const stream = await makeStream(first.client);
    const logEvents = [{ timestamp: Date.now(), message: "kept" }];
    await first.client.putLogEvents({ ...stream, logEvents });
    const { nextForwardToken } = await first.client.getLogEvents(stream);
    await first.endpoint.stop();

    const second = await startEndpoint({ directory: first.directory });
    const all = await second.client.getLogEvents(stream);
    const rest = await second.client.getLogEvents({ ...stream, nextToken: nextForwardToken });

    expect(all.events).toMatchObject(logEvents);
    expect(rest.events).toEqual([]);
  });

  it("has all it answered 200 to after a kill -9 in the middle of writing", async () => {
    const directory = await scratchDirectory();
    const first = await runEndpointCommand(endpointArguments(directory));
    const client = sdkClient(await addressOf(first));
    const stream = await makeStream(client);
    const accepted: string[] = [];
    const writeUntilDeath = async (writer: number): Promise<void> => {
      for (let call = 0; ; call += 1) {
        const message = `${writer}.${call} ${"m".repeat(50_000)}`;
        await client.putLogEvents({ ...stream, logEvents: [{ timestamp: Date.now(), message }] });
        accepted.push(message);
        if (accepted.length === 40) first.child.kill("SIGKILL");
      }
    };

    await Promise.allSettled([1, 2, 3, 4].map(writeUntilDeath));
    await first.exited;
    const second = await startEndpoint({ directory });
    const kept = new Set<string | undefined>();
    let nextToken: string | undefined;
    for (;;) {
      const call = { ...stream, startFromHead: true, nextToken };
      const page = await second.client.getLogEvents(call);
      for (const { message } of page.events ?? []) kept.add(message);
      if (page.nextForwardToken === nextToken) break;
      nextToken = page.nextForwardToken;
    }

    expect(accepted.length).toBeGreaterThanOrEqual(40);
    expect(accepted.filter((message) => !kept.has(message))).toEqual([]);
  });
});
