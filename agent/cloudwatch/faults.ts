import { withoutSecrets } from "./credentials.ts";
import { type Answer, type Condition, type FaultRow, faultTable } from "./fault-table.ts";
import type { Exchange } from "./transport.ts";

/** All that one try of an action can come to. `invalid`: the parameters cannot be encoded. */
export type Attempt = Exchange | { kind: "invalid"; error: string };

/** Events of an accepted batch that were refused, by index, as the service names them. */
export interface RejectedEvents {
  /** The first event too far in the future; all after it are too. */
  tooNewLogEventStartIndex?: number;
  /** One past the last event that is too old. */
  tooOldLogEventEndIndex?: number;
  /** One past the last event older than the group's retention. */
  expiredLogEventEndIndex?: number;
}

/**
 * What to do after a try.
 * - `accepted`: done, but for the events in `rejected`.
 * - `retry`, `throttled`: nothing was applied; again later, and more slowly when throttled.
 * - `create`: nothing was applied; create what is `missing`, then again.
 * - `split`: nothing was applied; send the halves. A single event that gets this is a dead letter.
 * - `unknown`: it may have been applied; find out before sending it again.
 * - `refresh`, `correctClock`: nothing was applied. The client has already tried new credentials or
 *   a corrected clock once, so to others these mean the same as `denied`.
 * - `denied`: nothing was applied and nothing is wrong with the data: keep it, try again slowly,
 *   and tell someone who can grant what is missing.
 * - `giveUp`: it can never be delivered as it is: a dead letter.
 */
export type Verdict = { reason: string } & (
  | { verdict: "accepted"; rejected?: RejectedEvents }
  | { verdict: "retry" | "throttled"; retryAfterMs?: number }
  | { verdict: "create"; missing: "group" | "stream" }
  | { verdict: "split" | "unknown" | "refresh" | "correctClock" | "denied" | "giveUp" }
);

const parse = (body: string): Record<string, unknown> | undefined => {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
};

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");

/** `com.amazonaws.logs#Name:http://...` -> `Name`. */
const nameOf = (type: string): string => type.replace(/^.*#/, "").replace(/:.*$/, "");

/** Only PutLogEvents says more than yes when it accepts, so only its body is worth parsing then. */
const isWorthParsing = (actionType: string, statuscode: number): boolean =>
  statuscode >= 300 || actionType === "PutLogEvents";

const readAnswer = (actionType: string, attempt: Attempt): Answer => {
  if (attempt.kind !== "response") {
    return { kind: attempt.kind, status: 0, name: "", message: attempt.error, json: undefined };
  }
  const { statuscode, headers, body } = attempt;
  const json = isWorthParsing(actionType, statuscode) ? parse(body) : undefined;
  return {
    kind: "response",
    status: statuscode,
    name: nameOf(textOf(json?.__type) || (headers["x-amzn-errortype"] ?? "")),
    message: textOf(json?.message) || textOf(json?.Message),
    json,
  };
};

const fits = (condition: Condition, answer: Answer): boolean => {
  const { kind = "response", status: [least, most] = [0, 999], name, message, isJson } = condition;
  return (
    kind === answer.kind &&
    answer.status >= least &&
    answer.status <= most &&
    (name === undefined || name.test(answer.name)) &&
    (message === undefined || message.test(answer.message)) &&
    (isJson === undefined || isJson === (answer.json !== undefined))
  );
};

/** For an answer that no row of the table fits. */
const unheardOf: FaultRow = {
  answer: "anything else",
  when: [],
  verdict: "unknown",
  reason: "an answer that CloudWatch Logs does not give",
};

const explain = (row: FaultRow, actionType: string, answer: Answer): string => {
  const reason = row.reason.replace("{action}", actionType);
  // AWS follows the first line with the request it signed, session token included.
  const [told = ""] = withoutSecrets(answer.message).split("\n");
  if (row.verdict === "accepted") return reason;
  const status = answer.status === 0 ? "" : ` (${[answer.status, answer.name].join(" ").trim()})`;
  return `${reason}${status}${told === "" ? "" : `: ${told.slice(0, 300)}`}`;
};

const rejectedOf = ({ json }: Answer): RejectedEvents | undefined => {
  const info = json?.rejectedLogEventsInfo;
  if (typeof info !== "object" || info === null) return undefined;
  const rejected: RejectedEvents = {};
  for (const name of [
    "tooNewLogEventStartIndex",
    "tooOldLogEventEndIndex",
    "expiredLogEventEndIndex",
  ] as const) {
    const index = (info as Record<string, unknown>)[name];
    if (typeof index === "number") rejected[name] = index;
  }
  return rejected;
};

/** Longest wait that a server may ask for. */
const retryAfterLimitMs = 300_000;

const retryAfterOf = (attempt: Attempt): number | undefined => {
  if (attempt.kind !== "response") return undefined;
  const ms = Number(attempt.headers["x-amz-retry-after"]);
  const seconds = Number(attempt.headers["retry-after"]);
  const asked = ms > 0 ? ms : seconds * 1_000;
  return asked > 0 ? Math.min(asked, retryAfterLimitMs) : undefined;
};

/** Decides, alone, what follows from one try of an action. */
export const judge = (actionType: string, attempt: Attempt): Verdict => {
  const answer = readAnswer(actionType, attempt);
  const row =
    faultTable.find(
      ({ only, when }) =>
        (only === undefined || only.includes(actionType)) &&
        when.some((condition) => fits(condition, answer)),
    ) ?? unheardOf;
  const reason = explain(row, actionType, answer);
  switch (row.verdict) {
    case "accepted": {
      const rejected = rejectedOf(answer);
      return { verdict: "accepted", reason, ...(rejected && { rejected }) };
    }
    case "create":
      return { verdict: "create", reason, missing: row.missing ?? "group" };
    case "retry":
    case "throttled": {
      const retryAfterMs = retryAfterOf(attempt);
      return { verdict: row.verdict, reason, ...(retryAfterMs && { retryAfterMs }) };
    }
    default:
      return { verdict: row.verdict, reason };
  }
};
