import { describe, expect, it } from "vitest";
import type { Attempt } from "../../../agent/cloudwatch/faults.ts";
import { createCreator } from "../../../agent/delivery/create.ts";
import type { GroupSettings } from "../../../agent/delivery/route.ts";
import { answerOf, errorOf, type FakeCall, FakeCloudWatch } from "../../support/fake-cloudwatch.ts";
import { simulatedTime } from "../../support/simulated-time.ts";

const target = { group: "g", stream: "s" };
const plain: GroupSettings = { retentionDays: 0, tags: {}, class: "STANDARD" };

const rigOf = (
  group: Partial<GroupSettings> = {},
  respond: (call: FakeCall) => Attempt = () => answerOf(),
) => {
  const time = simulatedTime();
  const cloudwatch = new FakeCloudWatch(respond);
  const troubles: string[] = [];
  const creator = createCreator({
    cloudwatch,
    time,
    groupSettingsOf: () => ({ ...plain, ...group }),
    onTrouble: (message) => troubles.push(message),
  });
  return { time, cloudwatch, troubles, creator };
};

describe("creator", () => {
  it("makes a group as the settings say, then the stream", async () => {
    const { time, cloudwatch, creator } = rigOf({
      retentionDays: 7,
      tags: { team: "pumps" },
      class: "INFREQUENT_ACCESS",
      kmsKeyId: "arn:key",
    });

    const made = creator.create(target, "group");
    await time.run(1_000);

    expect(await made).toMatchObject({ verdict: "accepted", isNew: true });
    expect(cloudwatch.calls).toEqual([
      {
        action: "CreateLogGroup",
        params: {
          logGroupName: "g",
          tags: { team: "pumps" },
          logGroupClass: "INFREQUENT_ACCESS",
          kmsKeyId: "arn:key",
        },
      },
      { action: "PutRetentionPolicy", params: { logGroupName: "g", retentionInDays: 7 } },
      { action: "CreateLogStream", params: { logGroupName: "g", logStreamName: "s" } },
    ]);
  });

  it("leaves a group alone that was there before", async () => {
    const { time, cloudwatch, creator } = rigOf({ retentionDays: 7 }, ({ action }) =>
      action === "CreateLogGroup" ? errorOf("ResourceAlreadyExistsException") : answerOf(),
    );

    const made = creator.create(target, "group");
    await time.run(1_000);

    expect(await made).toMatchObject({ verdict: "accepted" });
    expect(cloudwatch.actions()).toEqual(["CreateLogGroup", "CreateLogStream"]);
  });

  it("makes a group once for a thousand lanes, and each stream once", async () => {
    const { time, cloudwatch, creator } = rigOf();

    for (let lane = 0; lane < 1_000; lane++) {
      void creator.create({ group: "g", stream: `s${lane}` }, "group");
      void creator.create({ group: "g", stream: `s${lane}` }, "group");
    }
    await time.run(60_000);

    const actions = cloudwatch.actions();
    expect(actions.filter((action) => action === "CreateLogGroup")).toHaveLength(1);
    expect(actions.filter((action) => action === "CreateLogStream")).toHaveLength(1_000);
  });

  it("makes no more than 50 calls in any second", async () => {
    const { time, cloudwatch, creator } = rigOf();
    const atMs: number[] = [];
    cloudwatch.respond = () => {
      atMs.push(time.monotonicMs());
      return answerOf();
    };

    for (let lane = 0; lane < 500; lane++) {
      void creator.create({ group: "g", stream: `s${lane}` }, "stream");
    }
    await time.run(60_000);

    for (const [index, startMs] of atMs.entries()) {
      const later = atMs[index + 50] ?? Number.POSITIVE_INFINITY;
      expect(later - startMs).toBeGreaterThanOrEqual(1_000);
    }
    expect(atMs).toHaveLength(500);
  });

  it("makes fewer calls a second when it is throttled", async () => {
    const { time, cloudwatch, creator } = rigOf({}, () =>
      errorOf("ThrottlingException", "Rate exceeded"),
    );

    for (let lane = 0; lane < 200; lane++) {
      void creator.create({ group: "g", stream: `s${lane}` }, "stream");
    }
    await time.run(4_000);

    expect(cloudwatch.calls.length).toBeLessThan(100);
  });

  it("tries the retention again, and tells when it cannot be set", async () => {
    const denied = rigOf({ retentionDays: 7 }, ({ action }) =>
      action === "PutRetentionPolicy" ? errorOf("AccessDeniedException", "no") : answerOf(),
    );
    const failing = rigOf({ retentionDays: 7 }, ({ action }) =>
      action === "PutRetentionPolicy" && failing.cloudwatch.calls.length < 4
        ? errorOf("ServiceUnavailableException", "", 503)
        : answerOf(),
    );

    const made = [denied.creator.create(target, "group"), failing.creator.create(target, "group")];
    await denied.time.run(5_000);
    await failing.time.run(5_000);

    expect(await Promise.all(made)).toMatchObject([{ isNew: true }, { isNew: true }]);
    expect(denied.troubles.join()).toContain('Cannot set the retention of log group "g"');
    expect(failing.troubles).toEqual([]);
    expect(failing.cloudwatch.actions().at(-1)).toBe("CreateLogStream");
  });

  it("makes no call after a stop, and lets nobody wait", async () => {
    const { time, cloudwatch, creator } = rigOf();

    const made = [0, 1, 2].map((lane) =>
      creator.create({ group: "g", stream: `${lane}` }, "stream"),
    );
    await time.run(1);
    creator.stop();
    await time.run(10_000);

    expect((await Promise.all(made)).map(({ verdict }) => verdict)).toEqual([
      "accepted",
      "retry",
      "retry",
    ]);
    expect(cloudwatch.calls).toHaveLength(1);
  });
});
