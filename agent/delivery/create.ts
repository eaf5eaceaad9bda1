import type { AWSCloudWatchLogs } from "../cloudwatch/client.ts";
import { judge, type Verdict } from "../cloudwatch/faults.ts";
import type { Time } from "../time.ts";
import type { GroupSettings } from "./route.ts";
import { createPace } from "./schedule/pace.ts";
import type { LogStream } from "./stream.ts";

/** What became of a creation. `isNew`: it was made by this call, and did not exist before. */
export type Creation = Verdict & { isNew: boolean };

/** Makes groups and streams when they are found missing. */
export interface Creator {
  /** Creates what is missing. Many callers share one call; calls wait in line for their turn. */
  create(target: LogStream, missing: "group" | "stream"): Promise<Creation>;
  /** Makes no further call: those who wait are told to try again. */
  stop(): void;
}

export interface CreatorOptions {
  cloudwatch: AWSCloudWatchLogs;
  time: Time;
  /** How a group is made. */
  groupSettingsOf(group: string): GroupSettings;
  onTrouble(message: string): void;
}

/** The service allows 50 CreateLogStream calls a second. */
const createsPerSecond = 45;

/** Tries to set the retention of a new group. */
const retentionTries = 5;

const stopped: Creation = { verdict: "retry", reason: "the agent stops", isNew: false };

export const createCreator = (options: CreatorOptions): Creator => {
  const { cloudwatch, groupSettingsOf } = options;
  const { call, stop } = createCaller(options);
  const underWay = new Map<string, Promise<Creation>>();

  const setRetention = async (
    logGroupName: string,
    { retentionDays }: GroupSettings,
  ): Promise<void> => {
    const params = { logGroupName, retentionInDays: retentionDays };
    for (let tries = 1; ; tries++) {
      const set = await call(
        () => cloudwatch.attempt("PutRetentionPolicy", params),
        "PutRetentionPolicy",
      );
      if (set.verdict === "accepted") return;
      if (tries < retentionTries && (set.verdict === "retry" || set.verdict === "throttled"))
        continue;
      options.onTrouble(
        `Cannot set the retention of log group "${logGroupName}" to ${retentionDays} days: ${set.reason}; it keeps its events for ever until that is set`,
      );
      return;
    }
  };
  const createGroup = async (logGroupName: string): Promise<Creation> => {
    const group = groupSettingsOf(logGroupName);
    const params = {
      logGroupName,
      tags: Object.keys(group.tags).length > 0 ? group.tags : undefined,
      logGroupClass: group.class === "STANDARD" ? undefined : group.class,
      kmsKeyId: group.kmsKeyId,
    };
    const made = await call(() => cloudwatch.attempt("CreateLogGroup", params), "CreateLogGroup");
    if (made.isNew && group.retentionDays > 0) await setRetention(logGroupName, group);
    return made;
  };
  const once = (key: string, run: () => Promise<Creation>): Promise<Creation> => {
    const known = underWay.get(key);
    if (known !== undefined) return known;
    const begun = run().finally(() => underWay.delete(key));
    underWay.set(key, begun);
    return begun;
  };
  return {
    async create({ group: logGroupName, stream: logStreamName }, missing) {
      if (missing === "group") {
        const made = await once(logGroupName, () => createGroup(logGroupName));
        if (made.verdict !== "accepted") return made;
      }
      const params = { logGroupName, logStreamName };
      return once(`${logGroupName}:${logStreamName}`, () =>
        call(() => cloudwatch.attempt("CreateLogStream", params), "CreateLogStream"),
      );
    },
    stop,
  };
};

type Call = (
  attempt: () => ReturnType<AWSCloudWatchLogs["attempt"]>,
  action: string,
) => Promise<Creation>;

/** Calls wait in one line, so that they stay under the service's quota and slow down when throttled. */
const createCaller = ({ time }: CreatorOptions): { call: Call; stop(): void } => {
  const pace = createPace({ callsPerSecond: createsPerSecond, time });
  const line: (() => void)[] = [];
  let cancelTurn: (() => void) | undefined;
  let isStopped = false;

  const pump = (): void => {
    if (cancelTurn !== undefined || line.length === 0) return;
    cancelTurn = time.after(pace.reserve(), () => {
      cancelTurn = undefined;
      line.shift()?.();
      pump();
    });
  };
  return {
    async call(attempt, action) {
      await new Promise<void>((resolve) => {
        line.push(resolve);
        if (isStopped) line.pop()?.();
        else pump();
      });
      if (isStopped) return stopped;
      const answer = await attempt();
      const verdict = judge(action, answer);
      if (verdict.verdict === "throttled") pace.throttled();
      return { ...verdict, isNew: answer.kind === "response" && answer.statuscode === 200 };
    },
    stop() {
      isStopped = true;
      cancelTurn?.();
      for (const go of line.splice(0)) go();
    },
  };
};
