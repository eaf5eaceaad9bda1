import { describe, expect, it } from "vitest";
import type { Attempt } from "../../../../agent/cloudwatch/faults.ts";
import { lookFor } from "../../../../agent/delivery/outcome/read-back.ts";
import { createPace } from "../../../../agent/delivery/schedule/pace.ts";
import { answerOf, errorOf, FakeCloudWatch } from "../../../support/fake-cloudwatch.ts";
import { simulatedTime } from "../../../support/simulated-time.ts";

const target = { group: "g", stream: "s" };
const eventOf = (timestamp: number, message: string) => ({ timestamp, message, entry: 0 });

/** Looks while time passes; pages are given in turn. */
const look = async (events: ReturnType<typeof eventOf>[], ...answers: Attempt[]) => {
  const time = simulatedTime();
  const cloudwatch = new FakeCloudWatch(() => answers.shift() ?? answerOf());
  const readPace = createPace({ callsPerSecond: 20, time });
  const looking = lookFor(target, events, { cloudwatch, readPace, time });
  await time.run(1_000);
  return { found: await looking, calls: cloudwatch.calls, readPace };
};

const page = (nextForwardToken: string, ...events: [number, string][]): Attempt =>
  answerOf({
    events: events.map(([timestamp, message]) => ({ timestamp, message })),
    nextForwardToken,
  });

describe("look for a batch", () => {
  it("sees all events of it, and then reads no further", async () => {
    const events = [eventOf(1, "a"), eventOf(2, "b")];

    const { found, calls } = await look(events, page("f/1", [1, "a"], [1, "x"], [2, "b"]));

    expect(found).toEqual({ kind: "read", seen: new Set([0, 1]) });
    expect(calls).toEqual([
      {
        action: "GetLogEvents",
        params: {
          logGroupName: "g",
          logStreamName: "s",
          startTime: 1,
          endTime: 3,
          startFromHead: true,
          limit: 10_000,
          nextToken: undefined,
        },
      },
    ]);
  });

  it("reads all pages, until a token comes back", async () => {
    const events = [eventOf(1, "a"), eventOf(2, "b")];
    const pages = [page("f/1", [1, "a"]), page("f/2"), page("f/2")];

    const { found, calls } = await look(events, ...pages);

    expect(found).toEqual({ kind: "read", seen: new Set([0]) });
    expect(calls.map(({ params }) => params.nextToken)).toEqual([undefined, "f/1", "f/2"]);
  });

  it("sees equal events only as often as they are there", async () => {
    const events = [eventOf(1, "a"), eventOf(1, "a"), eventOf(2, "a")];

    const { found } = await look(events, page("f/1", [1, "a"]), page("f/1"));

    expect(found).toEqual({ kind: "read", seen: new Set([0]) });
  });

  it("sees nothing in a stream that does not exist", async () => {
    const { found } = await look(
      [eventOf(1, "a")],
      errorOf("ResourceNotFoundException", "The specified log stream does not exist."),
    );

    expect(found).toEqual({ kind: "read", seen: new Set() });
  });

  it.each([
    ["a role without the permission", errorOf("AccessDeniedException", "no"), "unreadable"],
    ["a log class without reading", errorOf("InvalidOperationException", "no"), "unreadable"],
    ["a service that fails", errorOf("InternalFailure", "", 500), "unread"],
    ["no answer", { kind: "noResponse", error: "cut" } as const, "unread"],
    ["an answer of something else", answerOf({ hello: 1 }), "unread"],
  ])("tells of %s", async (_, answer, kind) => {
    const { found } = await look([eventOf(1, "a")], answer);

    expect(found).toEqual({ kind });
  });

  it("slows the reading down when it is throttled", async () => {
    const { found, readPace } = await look(
      [eventOf(1, "a")],
      errorOf("ThrottlingException", "Rate exceeded"),
    );

    expect(found).toEqual({ kind: "unread" });
    expect(readPace.perSecond()).toBeLessThan(20);
  });
});
