import { refusals } from "../support/cloudwatch-facts.ts";
import type { Account } from "./account.ts";
import { type Call, type CallCheck, type Check, refused, toCheck } from "./check.ts";

/** The stream that checks put events in, unless they read them back. */
export const stream = "events";

type Params = Record<string, unknown>;

const inGroup =
  (action: string, params: Params = {}) =>
  ({ group }: Account): Call => [action, { logGroupName: group, ...params }];

const inAbsentGroup =
  (action: string, params: Params = {}) =>
  ({ group }: Account): Call => [action, { logGroupName: `${group}-absent`, ...params }];

/** Puts events of these stamps, whose messages tell nothing. */
const putAt =
  (stamps: (nowMs: number) => number[]) =>
  ({ group, nowMs }: Account): Call => [
    "PutLogEvents",
    {
      logGroupName: group,
      logStreamName: stream,
      logEvents: stamps(nowMs()).map((timestamp) => ({ timestamp, message: "pump on" })),
    },
  ];

const opening: readonly CallCheck[] = [
  {
    name: "creates a group with tags",
    expected: "200",
    call: inGroup("CreateLogGroup", { tags: { purpose: "fleetlog-verify" } }),
    isNeeded: true,
  },
  {
    name: "refuses to create a group twice",
    expected: refused(refusals.groupExists),
    call: inGroup("CreateLogGroup"),
  },
  {
    name: "creates a stream",
    expected: "200",
    call: inGroup("CreateLogStream", { logStreamName: stream }),
    isNeeded: true,
  },
  {
    name: "refuses to create a stream twice",
    expected: refused(refusals.streamExists),
    call: inGroup("CreateLogStream", { logStreamName: stream }),
  },
  {
    name: "refuses a stream in an absent group",
    expected: refused(refusals.groupAbsent),
    call: inAbsentGroup("CreateLogStream", { logStreamName: stream }),
  },
  { name: "puts one event", expected: "200", call: putAt((nowMs) => [nowMs]) },
  {
    name: "takes an event stamped in seconds and says that it is too old",
    expected: '200 {"tooOldLogEventEndIndex":1}',
    call: putAt((nowMs) => [Math.floor(nowMs / 1_000)]),
  },
  {
    name: "puts two events with equal stamps",
    expected: "200",
    call: putAt((nowMs) => [nowMs, nowMs]),
  },
];

const closing: readonly CallCheck[] = [
  {
    name: "deletes a stream",
    expected: "200",
    call: inGroup("DeleteLogStream", { logStreamName: stream }),
  },
  {
    name: "refuses to delete an absent stream",
    expected: refused(refusals.streamAbsent),
    call: inGroup("DeleteLogStream", { logStreamName: stream }),
  },
  { name: "deletes a group", expected: "200", call: inGroup("DeleteLogGroup") },
  {
    name: "refuses to delete an absent group",
    expected: refused(refusals.groupAbsent),
    call: inGroup("DeleteLogGroup"),
  },
];

/** The twelve behaviours of the original's live tests: eight that make and fill the group. */
export const openingChecks: readonly Check[] = opening.map(toCheck);

/** The other four, which take it away. */
export const closingChecks: readonly Check[] = closing.map(toCheck);
