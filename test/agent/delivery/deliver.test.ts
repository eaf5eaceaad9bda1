import { describe, expect, it } from "vitest";
import type { Attempt } from "../../../agent/cloudwatch/faults.ts";
import type { Intent } from "../../../agent/spool/intent.ts";
import { unpackStamps } from "../../../agent/spool/stamps.ts";
import type { LogEvent } from "../../../shared/event.ts";
import { type DeliveryStep, lane, sentBy, startDeliveryStep } from "../../support/delivery-step.ts";
import { answerOf, type FakeCall } from "../../support/fake-cloudwatch.ts";
import type { FakeDisk } from "../../support/fake-store.ts";

const on = (uptimeMs: number, text: string): LogEvent => ({
  kind: "event",
  uptimeMs,
  site: { level: "info", tag: "", format: text },
  values: [],
});
const cut: Attempt = { kind: "noResponse", error: "cut" };

/** A service that stores what it takes; the outcome of its PutLogEvents calls is the test's. */
const serviceOf = (put: (call: FakeCall, apply: () => void) => Attempt) => {
  const stored: { timestamp: number; message: string }[] = [];
  return {
    stored,
    respond: (call: FakeCall): Attempt => {
      if (call.action === "GetLogEvents") {
        return answerOf({ events: stored, nextForwardToken: "f/end" });
      }
      return put(call, () => stored.push(...(call.params.logEvents as typeof stored)));
    },
  };
};

describe("a step of a lane", () => {
  it("is nothing where nothing waits", async () => {
    const rig = await startDeliveryStep();

    expect(await rig.step()).toEqual({ kind: "empty" });
    expect(rig.cloudwatch.calls).toEqual([]);
  });

  it("stores the intent, calls, and forgets what was accepted", async () => {
    const intents: (Intent | null)[] = [];
    const rig: DeliveryStep = await startDeliveryStep({
      respond: async () => {
        intents.push(await rig.spool.intent(lane));
        return answerOf();
      },
    });
    await rig.store([on(1, "a"), on(2, "b")]);

    const next = await rig.step();

    expect(next).toEqual({ kind: "empty" });
    expect(sentBy(rig)).toEqual([["a", "b"]]);
    expect(intents).toMatchObject([{ lane, runs: [{ from: 0 }] }]);
    expect(unpackStamps(intents[0]?.runs[0]?.stamps ?? new Uint8Array())).toHaveLength(2);
    expect(await rig.spool.intended()).toEqual([]);
    expect(rig.spool.usage().frames).toBe(0);
    expect(rig.metrics).toMatchObject({ calls: 1, eventsDelivered: 2 });
  });

  it("settles without a call what has nothing to say", async () => {
    const rig = await startDeliveryStep();
    await rig.store([{ kind: "end", uptimeMs: 5 }]);

    await rig.finish();

    expect(rig.cloudwatch.calls).toEqual([]);
    expect(rig.spool.usage().frames).toBe(0);
  });

  it("sends the same batch again after a refusal, though more has come since", async () => {
    const answers = [answerOf({ __type: "ServiceUnavailableException" }, 503)];
    const rig = await startDeliveryStep({ respond: () => answers.shift() ?? answerOf() });
    await rig.store([on(1, "a")]);

    await rig.step();
    await rig.store([on(2, "b")]);
    await rig.finish();

    expect(sentBy(rig)).toEqual([["a"], ["a"], ["b"]]);
  });
});

describe("a step after a crash", () => {
  const crashWith = async (service: ReturnType<typeof serviceOf>) => {
    const disk: FakeDisk = new Map();
    const rig = await startDeliveryStep({ respond: service.respond, disk });
    await rig.store([on(1, "a"), on(2, "a")]);
    await rig.step();
    return rig.restart();
  };

  it("finds a batch that was applied, and does not send it again", async () => {
    const service = serviceOf((_, apply) => {
      apply();
      return cut;
    });

    const after = await crashWith(service);
    await after.finish();

    expect(sentBy(after)).toEqual([]);
    expect(after.metrics).toMatchObject({ eventsDelivered: 2, possiblyDuplicated: 0 });
    expect(after.spool.usage().frames).toBe(0);
  });

  it("sends a batch again that is not to be seen, and counts it", async () => {
    const answers = [cut];
    const service = serviceOf(() => answers.shift() ?? answerOf());

    const after = await crashWith(service);
    await after.finish();

    expect(sentBy(after)).toEqual([["possibly_duplicated 2", "a", "a"]]);
    expect(after.metrics).toMatchObject({ eventsDelivered: 2, possiblyDuplicated: 2 });
  });

  it("repeats a batch as it was repeated before, notice and all, and counts that as well", async () => {
    const disk: FakeDisk = new Map();
    const answers = [cut, cut, cut];
    const bodies: string[] = [];
    const service = serviceOf(() => answers.shift() ?? answerOf());
    const respond = (call: FakeCall): Attempt => {
      if (call.action === "PutLogEvents") bodies.push(JSON.stringify(call.params));
      return service.respond(call);
    };
    const rig = await startDeliveryStep({ respond, disk, unknownOutcomeWaitMs: 0 });
    await rig.store([on(1, "a"), on(2, "b")]);

    while (sentBy(rig).length < 2) await rig.step();
    const intent = await rig.spool.intent(lane);
    const after = await rig.restart();
    await after.finish();

    expect(intent?.repeated).toEqual({ count: 2, target: { group: "g", stream: "s" } });
    expect(sentBy(rig)).toEqual([
      ["a", "b"],
      ["possibly_duplicated 2", "a", "b"],
    ]);
    expect(sentBy(after)).toEqual([
      ["possibly_duplicated 5", "a", "b"],
      ["possibly_duplicated 8", "a", "b"],
    ]);
    expect(rig.metrics.possiblyDuplicated + after.metrics.possiblyDuplicated).toBe(8);
  });

  it("finds a repeated batch by its notice as well, and tells nothing twice", async () => {
    const disk: FakeDisk = new Map();
    const puts = [() => {}, (apply: () => void) => apply()];
    const service = serviceOf((_, apply) => {
      puts.shift()?.(apply);
      return cut;
    });
    const rig = await startDeliveryStep({
      respond: service.respond,
      disk,
      unknownOutcomeWaitMs: 0,
    });
    await rig.store([on(1, "a")]);

    while (sentBy(rig).length < 2) await rig.step();
    const after = await rig.restart();
    await after.finish();

    expect(service.stored).toHaveLength(2);
    expect(sentBy(after)).toEqual([]);
    expect(after.spool.usage().frames).toBe(0);
    expect(after.metrics.possiblyDuplicated).toBe(0);
  });

  it("tells of the batch it repeated although all of its events have appeared since", async () => {
    const disk: FakeDisk = new Map();
    const late: (() => void)[] = [];
    const answers = [cut, cut];
    const service = serviceOf((_, apply) => {
      if (late.length === 0) late.push(apply);
      return answers.shift() ?? answerOf();
    });
    const rig = await startDeliveryStep({
      respond: service.respond,
      disk,
      unknownOutcomeWaitMs: 0,
    });
    await rig.store([on(1, "a"), on(2, "b")]);

    while (sentBy(rig).length < 2) await rig.step();
    late[0]?.();
    const after = await rig.restart();
    await after.finish();

    expect(sentBy(after)).toEqual([["possibly_duplicated 3"]]);
    expect(after.metrics).toMatchObject({ eventsDelivered: 2, possiblyDuplicated: 1 });
    expect(after.spool.usage().frames).toBe(0);
  });

  it("sends the events that were refused, when it ended before it could send them otherwise", async () => {
    const disk: FakeDisk = new Map();
    const answers = [cut];
    const service = serviceOf(({ params }, apply) => {
      const answer = answers.shift();
      if (answer === undefined) apply();
      else service.stored.push(...(params.logEvents as typeof service.stored).slice(1));
      return answer ?? answerOf();
    });
    const rig = await startDeliveryStep({ respond: service.respond, disk });
    await rig.store([on(1, "refused"), on(2, "taken")]);

    await rig.step();
    const after = await rig.restart();
    await after.finish();

    expect(sentBy(after)).toEqual([["possibly_duplicated 1", "refused"]]);
    expect(service.stored).toHaveLength(3);
    expect(after.metrics).toMatchObject({ eventsDelivered: 2, possiblyDuplicated: 1 });
  });

  it("forgets frames whose progress says that they are delivered", async () => {
    const disk: FakeDisk = new Map();
    const rig = await startDeliveryStep({ disk });
    await rig.store([on(1, "a")]);
    const kept = new Map(disk);
    await rig.finish();
    for (const [key, value] of kept) if (!disk.has(key)) disk.set(key, value);

    const after = await rig.restart();
    await after.finish();

    expect(sentBy(after)).toEqual([]);
    expect(after.spool.usage().frames).toBe(0);
  });
});
