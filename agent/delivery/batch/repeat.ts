import type { Repeated } from "../../spool/intent.ts";
import { noticeOfRepeat } from "../message/message.ts";
import type { PendingEntry } from "./pending.ts";

/** An entry that only tells of repeated events, with the origin and stamp of another. */
export const entryOfRepeat = ({ count }: Repeated, at: PendingEntry): PendingEntry => ({
  ...at,
  told: [{ origin: at, notice: noticeOfRepeat(count, "unknown_outcome") }],
  event: null,
  measured: null,
  unreadable: null,
});
