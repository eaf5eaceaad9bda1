import type { AWSCloudWatchLogs } from "../cloudwatch/client.ts";
import { judge, type Verdict } from "../cloudwatch/faults.ts";
import { sleep, type Time } from "../time.ts";
import type { LogStream } from "./stream.ts";

/** Makes groups and streams when they are found missing. */
export interface Creator {
  /** Creates what is missing; gives the verdict that ended it. Many callers share one call. */
  create(target: LogStream, missing: "group" | "stream"): Promise<Verdict>;
}

export interface CreatorOptions {
  cloudwatch: AWSCloudWatchLogs;
  time: Time;
  /** Days a group made here keeps its events; null for ever. Other groups are left alone. */
  retentionInDays: number | null;
  /** Of groups made here. */
  tags: Record<string, string>;
}

/** `isNew`: it was made by this call, and did not exist before. */
type Answer = Verdict & { isNew: boolean };

/** The service allows 50 CreateLogStream calls a second. */
const createPauseMs = 1_000 / 45;

export const createCreator = (options: CreatorOptions): Creator => {
  const { time } = options;
  const underWay = new Map<string, Promise<Verdict>>();
  let nextMs = time.monotonicMs();

  const call = async (action: string, params: Record<string, unknown>): Promise<Answer> => {
    const waitMs = nextMs - time.monotonicMs();
    nextMs = Math.max(nextMs, time.monotonicMs()) + createPauseMs;
    if (waitMs > 0) await sleep(time, waitMs);
    const attempt = await options.cloudwatch.attempt(action, params);
    const isNew = attempt.kind === "response" && attempt.statuscode === 200;
    return { ...judge(action, attempt), isNew };
  };
  const createGroup = async (logGroupName: string): Promise<Verdict> => {
    const hasTags = Object.keys(options.tags).length > 0;
    const made = await call("CreateLogGroup", {
      logGroupName,
      ...(hasTags ? { tags: options.tags } : {}),
    });
    const { retentionInDays } = options;
    if (!made.isNew || retentionInDays === null) return made;
    return call("PutRetentionPolicy", { logGroupName, retentionInDays });
  };
  const once = (key: string, run: () => Promise<Verdict>): Promise<Verdict> => {
    const known = underWay.get(key);
    if (known !== undefined) return known;
    const begun = run().finally(() => underWay.delete(key));
    underWay.set(key, begun);
    return begun;
  };
  return {
    async create({ group, stream }, missing) {
      if (missing === "group") {
        const made = await once(group, () => createGroup(group));
        if (made.verdict !== "accepted") return made;
      }
      const params = { logGroupName: group, logStreamName: stream };
      return once(`${group}:${stream}`, () => call("CreateLogStream", params));
    },
  };
};
