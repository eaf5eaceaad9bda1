/** Limits of CloudWatch Logs, from the public service model and quotas page of 2026-08. */

/** Bytes CloudWatch adds to each event when it measures a batch. */
export const eventOverheadBytes = 26;

/** UTF-8 bytes of all messages of one PutLogEvents call, plus `eventOverheadBytes` for each event. */
export const batchLimitBytes = 1_048_576;

export const batchLimitEvents = 10_000;

/** First to last event of one PutLogEvents call. A span of exactly 24 h is accepted. */
export const batchSpanLimitMs = 86_400_000;

/** UTF-8 bytes of the largest message (inferred; 1,048,546 was seen to succeed). */
export const messageLimitBytes: number = batchLimitBytes - eventOverheadBytes;

/** Older events are refused one by one. */
export const tooOldAfterMs: number = 14 * 86_400_000;

/** Events further in the future are refused one by one. */
export const tooNewAfterMs: number = 2 * 3_600_000;

/** Days a log group may be told to keep its events. */
export const retentionDays: readonly number[] = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288,
  3653,
];
