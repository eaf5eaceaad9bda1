import { describe, expect, it } from "vitest";
import type { StampRange } from "../../../agent/delivery/batch/stamp-window.ts";
import { outgoingOf, resend } from "../../../agent/delivery/resend.ts";
import type { StoredLetter } from "../../../agent/spool/spool.ts";
import { answerOf, errorOf, FakeCloudWatch } from "../../support/fake-cloudwatch.ts";

const dayMs = 86_400_000;
const range: StampRange = { leastMs: 10, mostMs: 10 * dayMs, nowMs: 8 * dayMs };

const letterOf = (...stamps: number[]): StoredLetter => ({
  id: "e0",
  device: "pump",
  reason: "tooOld",
  epochMs: 0,
  target: { group: "g", stream: "s" },
  content: stamps.map((timestamp) => ({ timestamp, message: `at ${timestamp}` })),
});

describe("events of a dead letter", () => {
  it("are sent in order, with the nearest stamp that is taken and their true time", () => {
    const events = outgoingOf(
      [
        { timestamp: 11 * dayMs, message: '{"a":1}' },
        { timestamp: 5, message: "INFO on" },
        { timestamp: 50, message: "INFO off" },
      ],
      range,
    );

    expect(events.map(({ timestamp, message }) => [timestamp, message])).toEqual([
      [10, "INFO on trueTime=5"],
      [50, "INFO off"],
      [8 * dayMs, `{"a":1,"trueTime":${11 * dayMs}}`],
    ]);
  });

  it("say their true time once", () => {
    const content = [
      { timestamp: 5, message: '{"a":1,"trueTime":3}' },
      { timestamp: 5, message: "INFO on trueTime=3" },
    ];

    expect(outgoingOf(content, range).map(({ message }) => message)).toEqual(
      content.map(({ message }) => message),
    );
  });
});

describe("a dead letter sent again", () => {
  it("goes in as many calls as CloudWatch's limits ask for", async () => {
    const cloudwatch = new FakeCloudWatch();

    const resent = await resend(letterOf(100, 200, 2 * dayMs), cloudwatch, range);

    expect(resent).toMatchObject({ accepted: 3, rest: [], verdict: { verdict: "accepted" } });
    expect(cloudwatch.calls.map(({ params }) => (params.logEvents as unknown[]).length)).toEqual([
      2, 1,
    ]);
  });

  it("ends with the first call that is not accepted whole, and tells what is left", async () => {
    const answers = [answerOf(), errorOf("AccessDeniedException", "no")];
    const cloudwatch = new FakeCloudWatch(() => answers.shift() ?? answerOf());

    const resent = await resend(letterOf(2 * dayMs, 100, 4 * dayMs), cloudwatch, range);

    expect(resent).toMatchObject({ accepted: 1, verdict: { verdict: "denied" } });
    expect(resent.rest.map(({ timestamp }) => timestamp)).toEqual([2 * dayMs, 4 * dayMs]);
  });

  it("is nothing that can be sent where it holds bytes", async () => {
    const cloudwatch = new FakeCloudWatch();
    const letter: StoredLetter = { ...letterOf(), content: { base64: "AA==" } };

    const resent = await resend(letter, cloudwatch, range);

    expect(resent).toMatchObject({ accepted: 0, verdict: { verdict: "giveUp" } });
    expect(cloudwatch.calls).toEqual([]);
  });
});
