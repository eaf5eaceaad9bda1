import type { AWSCloudWatchLogs } from "../cloudwatch/client.ts";
import { judge } from "../cloudwatch/faults.ts";
import type { Batch } from "./batch.ts";

/** Whether a batch is there. `unreadable`: this group cannot be read, or not by us. */
export type ReadBack = "seen" | "unseen" | "unreadable";

const pageEvents = 10_000;

interface Page {
  events: { timestamp: number; message: string }[];
  nextForwardToken: string;
}

/**
 * Looks once for a batch whose call had no clear outcome. A batch is applied whole or not at all,
 * so one of its events tells of all; that none is there tells nothing until readers see all writes.
 */
export const lookFor = async (batch: Batch, cloudwatch: AWSCloudWatchLogs): Promise<ReadBack> => {
  const wanted = new Set(batch.events.map(({ timestamp, message }) => `${timestamp} ${message}`));
  let nextToken: string | undefined;
  for (;;) {
    const attempt = await cloudwatch.attempt("GetLogEvents", {
      logGroupName: batch.target.group,
      logStreamName: batch.target.stream,
      startTime: batch.events[0]?.timestamp ?? 0,
      endTime: (batch.events.at(-1)?.timestamp ?? 0) + 1,
      startFromHead: true,
      limit: pageEvents,
      ...(nextToken === undefined ? {} : { nextToken }),
    });
    const { verdict } = judge("GetLogEvents", attempt);
    if (verdict === "denied" || verdict === "giveUp") return "unreadable";
    if (verdict !== "accepted" || attempt.kind !== "response") return "unseen";
    const page = JSON.parse(attempt.body) as Page;
    for (const { timestamp, message } of page.events) {
      if (wanted.has(`${timestamp} ${message}`)) return "seen";
    }
    if (page.nextForwardToken === nextToken) return "unseen";
    nextToken = page.nextForwardToken;
  }
};
