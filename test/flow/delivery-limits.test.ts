import { describe, expect, it } from "vitest";
import type { LogEvent } from "../../shared/event.ts";
import { batchFacts } from "../support/cloudwatch-facts.ts";
import { type DeliverySystem, eventAt, fieldsOf, group } from "../support/delivery-system.ts";
import { startDeliverySystem } from "../support/start-delivery-system.ts";
import { count } from "../support/system.ts";

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

const textForm = { settings: { cloudwatch: { message: "text" } } } as const;

/** PutLogEvents calls that CloudWatch took. */
const takenCalls = ({ endpoint: { tally } }: DeliverySystem): number =>
  (tally.calls.PutLogEvents ?? 0) - (tally.refusals.ResourceNotFoundException ?? 0);

/** An event whose message has `wrapBytes` and the bytes of one value. */
const eventWith = (epochMs: number, value: string): LogEvent => eventAt(epochMs, "%.1s", [value]);

const wrapBytes = Buffer.byteLength(
  '{"level":"info","message":"x","device":"pump","boot":"1-b0070001","seq":0,"format":"%.1s","args":[""]}',
);

describe("delivery at the limits of CloudWatch", () => {
  it.each([-1, 0])("sends an event of the largest size %i bytes whole", async (more) => {
    const system = await startDeliverySystem();
    const value = "x".repeat(batchFacts.largestMessageBytes - wrapBytes + more);

    await system.store("pump", [eventWith(system.time.epochMs(), value)]);
    const isDelivered = await system.deliver();
    const events = await system.events();

    expect(isDelivered).toBe(true);
    expect(events.map(({ message }) => message.length)).toEqual([
      batchFacts.largestMessageBytes + more,
    ]);
  });

  it.each([
    ["one byte more than CloudWatch takes", 1],
    ["twice what CloudWatch takes", batchFacts.largestMessageBytes],
  ])("sends an event of %s in numbered parts that join to all of it", async (_, more) => {
    const system = await startDeliverySystem();
    const value = `${"\u0001😀é".repeat(1_000)}${"x".repeat(batchFacts.largestMessageBytes + more)}`;

    await system.store("pump", [eventWith(system.time.epochMs(), value)]);
    const isDelivered = await system.deliver();
    const parts = fieldsOf(await system.events());
    const whole = JSON.parse(parts.map(({ json }) => json).join(""));

    expect(isDelivered).toBe(true);
    expect(parts.map(({ part }) => part)).toEqual(
      parts.map((_part, index) => `${index + 1}/${parts.length}`),
    );
    expect(parts.every(({ device, seq }) => device === "pump" && seq === 0)).toBe(true);
    expect(whole).toMatchObject({ args: [value], device: "pump", seq: 0 });
    expect(system.metrics).toMatchObject({ eventsDelivered: 1, deadLetters: 0 });
  });

  it.each([
    ["exactly the largest batch", 0, 1],
    ["one byte more than the largest batch", 1, 2],
  ])("sends two events of %s in as few calls as can be", async (_, more, calls) => {
    const system = await startDeliverySystem();
    const nowMs = system.time.epochMs();
    const half = batchFacts.limitBytes / 2 - batchFacts.eventOverheadBytes - wrapBytes;

    await system.store("pump", [
      eventWith(nowMs, "a".repeat(half)),
      eventWith(nowMs, "b".repeat(half + more)),
    ]);
    const isDelivered = await system.deliver();

    expect(isDelivered).toBe(true);
    expect(takenCalls(system)).toBe(calls);
    expect(await system.events()).toHaveLength(2);
  });

  it("sends 10,000 events in one call and 10,001 in two, in order", async () => {
    const system = await startDeliverySystem(textForm);
    const nowMs = system.time.epochMs();
    const entries = count(batchFacts.limitEvents + 1).map((n) => eventAt(nowMs, "event %d", [n]));

    await system.store("pump", entries.slice(0, -1));
    await system.deliver();
    const callsOfFirst = takenCalls(system);
    await system.store("door", entries);
    await system.deliver();
    const messages = (await system.events()).map(({ message }) => message);
    const seqs = messages.flatMap((message) => /device=door .*seq=(\d+)/.exec(message)?.[1] ?? []);

    expect(callsOfFirst).toBe(1);
    expect(takenCalls(system)).toBe(3);
    expect(seqs.map(Number)).toEqual(count(10_001));
  });

  it.each([
    ["exactly 24 h", 0, 1],
    ["24 h and 1 ms", 1, 2],
  ])("sends a span of %s in as few calls as can be", async (_, more, calls) => {
    const system = await startDeliverySystem();
    const startMs = Math.floor(system.time.epochMs()) - 2 * dayMs;

    await system.store("pump", [
      eventAt(startMs, "first"),
      eventAt(startMs + batchFacts.spanMs + more, "last"),
    ]);
    const isDelivered = await system.deliver();

    expect(isDelivered).toBe(true);
    expect(takenCalls(system)).toBe(calls);
    expect(fieldsOf(await system.events()).map(({ message }) => message)).toEqual([
      "first",
      "last",
    ]);
  });

  const stampsAround = (nowMs: number) => [
    eventAt(nowMs - 14 * dayMs - minuteMs, "too old"),
    eventAt(nowMs - 14 * dayMs + minuteMs, "old"),
    eventAt(nowMs - hourMs, "fine"),
    eventAt(nowMs + 2 * hourMs - minuteMs, "early"),
    eventAt(nowMs + 2 * hourMs + minuteMs, "too early"),
  ];

  it("sends stamps beyond the limits with the nearest that is taken and their true time", async () => {
    const system = await startDeliverySystem({ haste: 1 });
    const nowMs = Math.floor(system.time.epochMs());

    await system.store("pump", stampsAround(nowMs));
    const isDelivered = await system.deliver();
    const events = fieldsOf(await system.events());
    const stamps = events.map(({ timestamp }) => Number(timestamp));

    expect(isDelivered).toBe(true);
    expect(events.map(({ seq }) => seq)).toEqual(count(5));
    expect(events.map(({ trueTime }) => trueTime)).toEqual([
      nowMs - 14 * dayMs - minuteMs,
      undefined,
      undefined,
      undefined,
      nowMs + 2 * hourMs + minuteMs,
    ]);
    expect(stamps[0]).toBeGreaterThan(nowMs - 14 * dayMs);
    expect(stamps[4]).toBeLessThan(nowMs + 2 * hourMs);
    expect(stamps).toEqual(stamps.toSorted((left, right) => left - right));
    expect(system.metrics).toMatchObject({ eventsRestamped: 2, deadLetters: 0 });
  });

  it("keeps stamps beyond the limits as dead letters with stamp and reason where that is asked for", async () => {
    const system = await startDeliverySystem({
      haste: 1,
      settings: { delivery: { refusedStamps: "keep" } },
    });
    const nowMs = Math.floor(system.time.epochMs());

    await system.store("pump", stampsAround(nowMs));
    const isDelivered = await system.deliver();
    const messages = fieldsOf(await system.events()).map(({ message }) => message);
    const letters = await system.spool().deadLetters();

    expect(isDelivered).toBe(true);
    expect(messages).toEqual(["old", "fine", "early"]);
    expect(letters.map(({ reason, content }) => [reason, content])).toMatchObject([
      ["tooOld", [{ timestamp: nowMs - 14 * dayMs - minuteMs }]],
      ["tooNew", [{ timestamp: nowMs + 2 * hourMs + minuteMs }]],
    ]);
    expect(system.metrics).toMatchObject({ eventsDelivered: 3, deadLetters: 2 });
  });

  it("sends what outlived the group's retention as if it were just within it", async () => {
    const system = await startDeliverySystem({
      haste: 1,
      settings: { cloudwatch: { retentionDays: 3 } },
    });
    const nowMs = Math.floor(system.time.epochMs());
    const agesMs = [20 * dayMs, 5 * dayMs, 4 * dayMs, 3 * dayMs + hourMs, hourMs];

    await system.store(
      "pump",
      agesMs.map((ageMs) => eventAt(nowMs - ageMs, "event")),
    );
    const isDelivered = await system.deliver();
    const events = fieldsOf(await system.events());
    const stamps = events.map(({ timestamp }) => Number(timestamp));

    expect(isDelivered).toBe(true);
    expect(events.map(({ trueTime }) => trueTime)).toEqual([
      ...agesMs.slice(0, -1).map((ageMs) => nowMs - ageMs),
      events.at(-1)?.trueTime,
    ]);
    expect(events.map(({ seq }) => seq)).toEqual(count(5));
    expect(stamps).toEqual(stamps.toSorted((left, right) => left - right));
    expect(system.metrics.deadLetters).toBe(0);
  });

  const characters = [
    '"quotes" and \\backslash\\',
    "control \0\u0001\b\t\n\f\r\u001f\u007f\u0085\u2028",
    "é ß 漢字 עברית",
    "😀 👨‍👩‍👧 \u{10ffff}",
    "lone \ud800 and \udfff and \udc00\ud800",
    '{"_aws":{"Timestamp":1}}',
    "%d %s %% \\u0041",
  ];

  it("delivers every kind of character in JSON as it was logged", async () => {
    const system = await startDeliverySystem();
    const nowMs = system.time.epochMs();

    await system.store(
      "pump",
      characters.map((text) => eventAt(nowMs, "%s", [text])),
    );
    const isDelivered = await system.deliver();
    const events = fieldsOf(await system.events());

    expect(isDelivered).toBe(true);
    expect(events.map(({ message }) => message)).toEqual(characters);
    expect(events.map(({ args }) => args)).toEqual(characters.map((text) => [text]));
  });

  it("delivers every kind of character in text, lone surrogates by their number", async () => {
    const system = await startDeliverySystem(textForm);
    const nowMs = system.time.epochMs();

    await system.store(
      "pump",
      characters.map((text) => eventAt(nowMs, "%s", [text])),
    );
    await system.deliver();
    const messages = (await system.events()).map(({ message }) => message);

    expect(messages[0]).toBe(`INFO ${characters[0]} device=pump boot=1-b0070001 seq=0`);
    expect(messages[3]).toContain(characters[3]);
    expect(messages[4]).toContain("lone \\ud800 and \\udfff and \\udc00\\ud800");
  });

  it("repeats a call at once, and counts it, in a group whose class cannot be read", async () => {
    const system = await startDeliverySystem({
      haste: 1,
      settings: { cloudwatch: { class: "INFREQUENT_ACCESS" } },
    });
    const { faults, tally } = system.endpoint;

    await system.store("pump", [eventAt(system.time.epochMs(), "first")]);
    await system.deliver();
    faults.next({ kind: "cut-after" }, { action: "PutLogEvents" });
    await system.store("pump", [eventAt(system.time.epochMs(), "second")]);
    const isDelivered = await system.deliver();

    expect(isDelivered).toBe(true);
    expect(tally.events).toBe(4);
    expect(tally.calls.GetLogEvents).toBe(1);
    expect(system.metrics).toMatchObject({ eventsDelivered: 2, possiblyDuplicated: 1 });
  });

  it("goes on when group and stream are deleted under its hands", async () => {
    const system = await startDeliverySystem();
    const nowMs = system.time.epochMs();
    const deleteStream = { logGroupName: group, logStreamName: "pump" };

    await system.store("pump", [eventAt(nowMs, "gone with the stream")]);
    await system.deliver();
    await system.cloudwatch.action("DeleteLogStream", deleteStream);
    await system.store("pump", [eventAt(nowMs, "gone with the group")]);
    await system.deliver();
    const afterStream = fieldsOf(await system.events()).map(({ message }) => message);
    await system.cloudwatch.action("DeleteLogGroup", { logGroupName: group });
    await system.store("pump", [eventAt(nowMs, "still there")]);
    const isDelivered = await system.deliver();
    const afterGroup = fieldsOf(await system.events()).map(({ message }) => message);

    expect(isDelivered).toBe(true);
    expect(afterStream).toEqual(["gone with the group"]);
    expect(afterGroup).toEqual(["still there"]);
    expect(system.metrics).toMatchObject({ eventsDelivered: 3, possiblyDuplicated: 0 });
  });
});
