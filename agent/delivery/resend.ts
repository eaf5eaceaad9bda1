import type { AWSCloudWatchLogs } from "../cloudwatch/client.ts";
import { judge, type Verdict } from "../cloudwatch/faults.ts";
import type { StoredLetter } from "../spool/spool.ts";
import { callLength } from "./batch/batch.ts";
import { nearestIn, type StampRange } from "./batch/stamp-window.ts";

type LetterEvent = { timestamp: number; message: string };

/** How far a letter got. `verdict` is that of its last call. */
export interface Resent {
  /** Events that CloudWatch has accepted. */
  accepted: number;
  /** Events that it has not, as the letter has them. */
  rest: LetterEvent[];
  verdict: Verdict;
}

/** An event of a letter as it is sent. */
interface ResentEvent extends LetterEvent {
  /** Of its message, in UTF-8. */
  bytes: number;
  /** Its place in the letter. */
  place: number;
}

/** Events of a dead letter, stamped as CloudWatch takes them, with their true time where it differs. */
export const outgoingOf = (content: LetterEvent[], range: StampRange): ResentEvent[] =>
  content
    .map((event, place) => {
      const { timestamp: trueMs } = event;
      const timestamp = nearestIn(range, trueMs);
      const isMoved = timestamp !== trueMs;
      const message = isMoved ? withTrueTime(event.message, trueMs) : event.message;
      return { timestamp, message, bytes: Buffer.byteLength(message), place };
    })
    .sort((left, right) => left.timestamp - right.timestamp);

const withTrueTime = (message: string, trueMs: number): string => {
  if (/[\s{,]"?trueTime["=]/.test(message)) return message;
  return message.startsWith("{") && message.endsWith("}")
    ? `${message.slice(0, -1)},"trueTime":${trueMs}}`
    : `${message} trueTime=${trueMs}`;
};

/** Sends the events of a letter again, call by call, until one is not accepted whole. */
export const resend = async (
  { content, target }: StoredLetter,
  cloudwatch: AWSCloudWatchLogs,
  range: StampRange,
): Promise<Resent> => {
  if (!Array.isArray(content) || target === undefined) {
    const reason = "it holds bytes that could not be read, not events";
    return { accepted: 0, rest: [], verdict: { verdict: "giveUp", reason } };
  }
  const events = outgoingOf(content, range);
  let verdict: Verdict = { verdict: "accepted", reason: "accepted" };
  let accepted = 0;
  while (accepted < events.length) {
    const left = events.slice(accepted);
    const sent = left.slice(0, callLength(left));
    const attempt = await cloudwatch.attempt("PutLogEvents", {
      logGroupName: target.group,
      logStreamName: target.stream,
      logEvents: sent.map(({ timestamp, message }) => ({ timestamp, message })),
    });
    verdict = judge("PutLogEvents", attempt);
    if (verdict.verdict !== "accepted" || verdict.rejected !== undefined) break;
    accepted += sent.length;
  }
  const rest = events.slice(accepted).map(({ place }) => content[place] as LetterEvent);
  return { accepted, rest, verdict };
};
