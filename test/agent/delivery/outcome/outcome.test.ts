import { describe, expect, it } from "vitest";
import type { Attempt } from "../../../../agent/cloudwatch/faults.ts";
import type { SentEvent } from "../../../../agent/delivery/outcome/read-back.ts";
import type { LogEvent } from "../../../../shared/event.ts";
import { bootText } from "../../../../shared/frame.ts";
import { bootOf } from "../../../support/any-receipt.ts";
import { sentBy, startDeliveryStep } from "../../../support/delivery-step.ts";
import { answerOf, errorOf, type FakeCall } from "../../../support/fake-cloudwatch.ts";

const on = (uptimeMs: number, text: string): LogEvent => ({
  kind: "event",
  uptimeMs,
  site: { level: "info", tag: "", format: text },
  values: [],
});
const cut: Attempt = { kind: "noResponse", error: "cut" };
const unreadable = errorOf("InvalidOperationException", "not supported for this log class");
const empty = answerOf({ events: [], nextForwardToken: "f/end" });

/** Answers PutLogEvents calls in turn, then yes; all else with `other`. */
const inTurn = (answers: Attempt[], other: Attempt = answerOf()) => {
  const left = [...answers];
  return ({ action }: FakeCall): Attempt =>
    action === "PutLogEvents" ? (left.shift() ?? answerOf()) : other;
};

describe("outcome of a call", () => {
  it("that was throttled lowers the pace and is tried again", async () => {
    const respond = inTurn([errorOf("ThrottlingException", "Rate exceeded")]);
    const rig = await startDeliveryStep({ respond });
    await rig.store([on(1, "a")]);

    const next = await rig.step();
    const slowed = rig.pace.perSecond();
    await rig.finish();

    expect(next).toMatchObject({ kind: "pause" });
    expect(slowed).toBe(500);
    expect(sentBy(rig)).toEqual([["a"], ["a"]]);
    expect(rig.metrics).toMatchObject({ callsThrottled: 1, possiblyDuplicated: 0 });
  });

  it("counts what was dropped by reason, and apart what power took at most", async () => {
    const rig = await startDeliveryStep({ respond: inTurn([]) });
    const drops = [
      { level: "info", reason: "ring_full", count: 12 },
      { level: "info", reason: "power_loss", count: 30 },
      { level: "debug", reason: "ring_full", count: 2 },
    ] as const;
    await rig.store(drops.map((drop) => ({ kind: "drop", uptimeMs: 1, drop })));

    await rig.finish();

    expect(rig.metrics).toMatchObject({ dropped: { ring_full: 14 }, powerLossAtMost: 30 });
  });

  it("waits as long as the service asks", async () => {
    const throttled: Attempt = {
      kind: "response",
      statuscode: 429,
      headers: { "retry-after": "90" },
      body: "{}",
    };
    const rig = await startDeliveryStep({ respond: inTurn([throttled]) });
    await rig.store([on(1, "a")]);

    expect(await rig.step()).toEqual({ kind: "pause", pauseMs: 90_000 });
  });

  it("that was denied keeps the events, and says what is missing", async () => {
    const denied = errorOf("AccessDeniedException", "User: x is not authorized");
    const rig = await startDeliveryStep({ respond: inTurn([denied]) });
    await rig.store([on(1, "a")]);

    await rig.step();

    expect(rig.spool.usage().frames).toBe(1);
    expect(rig.troubles[0]).toContain("needs logs:PutLogEvents");
  });

  it("that lacks the stream makes it without lowering the pace, and sends the batch", async () => {
    const absent = errorOf("ResourceNotFoundException", "The specified log stream does not exist.");
    const rig = await startDeliveryStep({ respond: inTurn([absent]) });
    await rig.store([on(1, "a")]);

    await rig.finish();

    expect(rig.cloudwatch.actions()).toEqual(["PutLogEvents", "CreateLogStream", "PutLogEvents"]);
    expect(rig.pace.perSecond()).toBe(1_000);
  });

  it("that was too large sends the halves", async () => {
    const tooLarge = errorOf("InvalidParameterException", "Upload too large: 9 bytes exceeds 8");
    const rig = await startDeliveryStep({ respond: inTurn([tooLarge, tooLarge]) });
    await rig.store(["a", "b", "c", "d", "e"].map((text, ms) => on(ms, text)));

    await rig.finish();

    expect(sentBy(rig)).toEqual([
      ["a", "b", "c", "d", "e"],
      ["a", "b", "c"],
      ["a", "b"],
      ["c", "d", "e"],
    ]);
    expect(rig.metrics.eventsDelivered).toBe(5);
  });

  it("that can never be accepted makes a dead letter of the one event at fault", async () => {
    const respond = ({ params }: FakeCall): Attempt =>
      JSON.stringify(params).includes("bad")
        ? errorOf("InvalidParameterException", "no such events here")
        : answerOf();
    const rig = await startDeliveryStep({ respond });
    await rig.store(["a", "b", "bad", "d", "e"].map((text, ms) => on(ms, text)));

    await rig.finish();
    const letters = await rig.spool.deadLetters();

    expect(letters).toMatchObject([
      { device: "pump", target: { group: "g", stream: "s" }, content: [{}] },
    ]);
    expect(letters[0]?.reason).toContain("no such events here");
    expect(rig.metrics).toMatchObject({ eventsDelivered: 4, deadLetters: 1 });
  });

  it("that refused some stamps sends only those again", async () => {
    const partly = answerOf({ rejectedLogEventsInfo: { expiredLogEventEndIndex: 1 } });
    const rig = await startDeliveryStep({ respond: inTurn([partly]) });
    await rig.store([on(1, "old"), on(2, "new")]);

    await rig.finish();

    expect(sentBy(rig)).toEqual([["old", "new"], ["old"]]);
    expect(rig.metrics).toMatchObject({ eventsDelivered: 2, eventsRestamped: 1 });
    expect(rig.troubles[0]).toContain("refused the stamps of 1 events");
  });

  it("that refused some stamps keeps those as dead letters where that is asked for", async () => {
    const partly = answerOf({ rejectedLogEventsInfo: { expiredLogEventEndIndex: 1 } });
    const rig = await startDeliveryStep({ respond: inTurn([partly]), refusedStamps: "keep" });
    await rig.store([on(1, "old"), on(2, "new")]);

    await rig.finish();

    expect(sentBy(rig)).toEqual([["old", "new"]]);
    expect(await rig.spool.deadLetters()).toMatchObject([{ reason: "expired" }]);
    expect(rig.metrics).toMatchObject({ eventsDelivered: 1, deadLetters: 1 });
  });
});

describe("unknown outcome", () => {
  it("holds the lane and looks, with growing pauses, until its time is over", async () => {
    const rig = await startDeliveryStep({
      respond: inTurn([cut], empty),
      unknownOutcomeWaitMs: 10_000,
    });
    await rig.store([on(1, "a")]);
    await rig.step();
    await rig.store([on(2, "b")]);

    await rig.finish();

    const looks = rig.cloudwatch.actions().filter((action) => action === "GetLogEvents");
    expect(sentBy(rig)).toEqual([["a"], ["possibly_duplicated 1", "a"], ["b"]]);
    expect(looks.length / 2).toBeGreaterThan(3);
    expect(looks.length / 2).toBeLessThan(12);
    expect(rig.metrics).toMatchObject({ callsUnknown: 1, possiblyDuplicated: 1 });
    expect(rig.time.monotonicMs()).toBeGreaterThanOrEqual(10_000);
  });

  it("sends the batch again at once, and counts it, where the group cannot be read", async () => {
    const rig = await startDeliveryStep({ respond: inTurn([cut], unreadable) });
    await rig.store([on(1, "a")]);

    await rig.finish();

    expect(rig.cloudwatch.actions()).toEqual(["PutLogEvents", "GetLogEvents", "PutLogEvents"]);
    expect(rig.metrics.possiblyDuplicated).toBe(1);
    expect(rig.time.monotonicMs()).toBeLessThan(1_000);
  });

  it("tells in the stream of what it repeats, before that, with its origin and stamp", async () => {
    const rig = await startDeliveryStep({ respond: inTurn([cut], unreadable) });
    await rig.store([on(1, "a"), on(2, "b")]);

    await rig.finish();

    const [, again] = rig.cloudwatch.calls.filter(({ action }) => action === "PutLogEvents");
    const [first, second] = (again?.params.logEvents ?? []) as SentEvent[];
    expect(JSON.parse(first?.message ?? "")).toEqual({
      level: "warn",
      event: "possibly_duplicated",
      reason: "unknown_outcome",
      count: 2,
      device: "pump",
      boot: bootText(bootOf(1)),
      seq: 0,
    });
    expect(first?.timestamp).toBe(second?.timestamp);
  });

  it("tells with the next stamps what CloudWatch refused to be told with the first", async () => {
    const partly = answerOf({ rejectedLogEventsInfo: { expiredLogEventEndIndex: 2 } });
    const rig = await startDeliveryStep({ respond: inTurn([cut, partly], unreadable) });
    await rig.store([on(1, "old"), on(2, "new")]);

    await rig.finish();

    expect(sentBy(rig)).toEqual([
      ["old", "new"],
      ["possibly_duplicated 2", "old", "new"],
      ["possibly_duplicated 2", "old"],
    ]);
    expect(rig.troubles[0]).toContain("refused the stamps of 1 events");
  });

  it("tells with what was accepted where the rest is kept as dead letters", async () => {
    const partly = answerOf({ rejectedLogEventsInfo: { expiredLogEventEndIndex: 2 } });
    const rig = await startDeliveryStep({
      respond: inTurn([cut, partly], unreadable),
      refusedStamps: "keep",
    });
    await rig.store([on(1, "old"), on(2, "new")]);

    await rig.finish();

    expect(sentBy(rig).slice(1)).toEqual([
      ["possibly_duplicated 2", "old", "new"],
      ["possibly_duplicated 2"],
    ]);
    expect(await rig.spool.deadLetters()).toMatchObject([{ reason: "expired", content: [{}] }]);
  });

  it("keeps what it cannot tell as a dead letter, beside the events", async () => {
    const allRefused = answerOf({ rejectedLogEventsInfo: { expiredLogEventEndIndex: 2 } });
    const rig = await startDeliveryStep({
      respond: inTurn([cut, allRefused], unreadable),
      refusedStamps: "keep",
    });
    await rig.store([on(1, "old")]);

    await rig.finish();

    const [letter] = await rig.spool.deadLetters();
    expect(letter).toMatchObject({
      reason: "expired",
      content: [
        { message: expect.stringContaining('"event":"possibly_duplicated"') },
        { message: expect.stringContaining('"message":"old"') },
      ],
    });
  });

  it("gives up to tell what is refused alone, and keeps it", async () => {
    const partly = answerOf({ rejectedLogEventsInfo: { expiredLogEventEndIndex: 2 } });
    const whole = answerOf({ rejectedLogEventsInfo: { expiredLogEventEndIndex: 1 } });
    const rig = await startDeliveryStep({
      respond: inTurn([cut, partly, whole], unreadable),
      refusedStamps: "keep",
    });
    await rig.store([on(1, "old"), on(2, "new")]);

    await rig.finish();

    expect(await rig.spool.deadLetters()).toMatchObject([
      {
        content: [
          { message: expect.stringContaining('"event":"possibly_duplicated"') },
          { message: expect.stringContaining('"message":"old"') },
        ],
      },
    ]);
    expect(rig.spool.usage().frames).toBe(0);
  });

  it("looks for longer when the looks themselves fail", async () => {
    const failing = errorOf("ServiceUnavailableException", "", 503);
    const rig = await startDeliveryStep({
      respond: inTurn([cut], failing),
      unknownOutcomeWaitMs: 10_000,
    });
    await rig.store([on(1, "a")]);

    await rig.finish();

    expect(rig.time.monotonicMs()).toBeGreaterThanOrEqual(20_000);
    expect(rig.metrics.possiblyDuplicated).toBe(1);
  });
});
