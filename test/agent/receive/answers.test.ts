import { describe, expect, it } from "vitest";
import { createMetrics } from "../../../agent/metrics.ts";
import type { Answer } from "../../../agent/receive/ack.ts";
import { createAnswers } from "../../../agent/receive/answers.ts";
import { decodeAck } from "../../../shared/codec/downlink.ts";
import { bootOf } from "../../support/any-receipt.ts";
import { fakeTime } from "../../support/fake-time.ts";

const boot = bootOf(1);

const answerOf = (next: number, busyMs = 0): Answer => {
  return { boot, clock: undefined, next, definitions: next, busyMs };
};

const startAnswers = () => {
  const sent: string[] = [];
  const answers = createAnswers({
    spool: { storeId: 1 },
    send(device, payload) {
      const decoded = decodeAck(payload);
      if (decoded.ok) {
        const { next, definitions, busyMs } = decoded.ack;
        sent.push(`${device} ${decoded.ack.boot.number} ${next} ${definitions} ${busyMs}`);
      }
    },
    metrics: createMetrics(),
    time: fakeTime(),
  });
  return { answers, sent };
};

const heldWrite = () => {
  let end = (): void => {};
  let fail = (_cause: Error): void => {};
  const written = new Promise<void>((resolve, reject) => {
    end = resolve;
    fail = reject;
  });
  return { written, end, fail };
};

describe("answers", () => {
  it("wait for the write, then say once what the last of a boot says", async () => {
    const { answers, sent } = startAnswers();
    const { written, end } = heldWrite();

    const given = [1, 2, 3].map((next) => answers.give(written, "pump", answerOf(next)));
    const before = [...sent];
    end();
    await Promise.all(given);

    expect([before, sent]).toEqual([[], ["pump 1 3 3 0"]]);
  });

  it("tell apart devices and boots, and go in the order in which each was first given", async () => {
    const { answers, sent } = startAnswers();
    const written = Promise.resolve();

    answers.give(written, "pump", answerOf(1));
    answers.give(written, "door", answerOf(5));
    answers.give(written, "pump", { ...answerOf(7), boot: bootOf(2) });
    await answers.give(written, "pump", answerOf(2));

    expect(sent).toEqual(["pump 1 2 2 0", "door 1 5 5 0", "pump 2 7 7 0"]);
  });

  it("ask to wait where one of them did", async () => {
    const { answers, sent } = startAnswers();
    const written = Promise.resolve();

    answers.give(written, "pump", answerOf(1, 5_000));
    await answers.give(written, "pump", answerOf(1));

    expect(sent).toEqual(["pump 1 1 1 5000"]);
  });

  it("are sent after all else that follows the write", async () => {
    const { answers, sent } = startAnswers();
    const written = Promise.resolve();

    answers.give(written, "pump", answerOf(1), () => sent.push("first"));
    await answers.give(written, "door", answerOf(1), () => sent.push("second"));

    expect(sent).toEqual(["first", "second", "pump 1 1 1 0", "door 1 1 1 0"]);
  });

  it("are not sent where the write fails", async () => {
    const { answers, sent } = startAnswers();
    const { written, fail } = heldWrite();

    const given = answers.give(written, "pump", answerOf(1), () => sent.push("after"));
    fail(new Error("the disk is gone"));

    await expect(given).rejects.toThrow("the disk is gone");
    expect(sent).toEqual([]);
  });
});
