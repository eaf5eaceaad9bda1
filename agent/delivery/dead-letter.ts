import type { DeadLetter } from "../spool/spool.ts";
import type { Batch } from "./batch/batch.ts";
import type { PendingEntry } from "./batch/pending.ts";
import { entryOfRepeat } from "./batch/repeat.ts";
import type { MessageForm } from "./message/message.ts";
import { messagesOf } from "./message/write.ts";

/** What a settled batch leaves: bytes that could not be read, and events CloudWatch will never accept. */
export const lettersOf = (batch: Batch, form: MessageForm, epochMs: number): DeadLetter[] => [
  ...unreadableLetters(batch.entries, epochMs),
  ...refusedLetters(batch, form, epochMs),
];

/** The bytes of those entries that could not be read. */
export const unreadableLetters = (entries: PendingEntry[], epochMs: number): DeadLetter[] =>
  entries.flatMap(({ device, frame, unreadable }) => {
    if (unreadable === null) return [];
    const content = { base64: Buffer.from(frame.bytes).toString("base64") };
    return [{ device, reason: unreadable, epochMs, content }];
  });

/** What could not be told of repeated events. */
const untoldRepeat = ({ entries: [first], repeated }: Batch): PendingEntry[] => {
  if (first === undefined || repeated === null) return [];
  const { refused = "refused" } = first.stamp;
  const stamp = { ...first.stamp, refused, accepted: 0 };
  return [entryOfRepeat(repeated, { ...first, stamp })];
};

/** One letter for each device, stream and reason. */
const refusedLetters = (batch: Batch, form: MessageForm, epochMs: number): DeadLetter[] => {
  const letters = new Map<
    string,
    DeadLetter & { content: { timestamp: number; message: string }[] }
  >();
  for (const entry of [...untoldRepeat(batch), ...batch.entries]) {
    const { device, stamp } = entry;
    const { refused: reason, accepted = 0, trueMs = stamp.epochMs } = stamp;
    if (reason === undefined) continue;
    const target = batch.elsewhere(entry) ?? batch.home;
    const key = `${device} ${target.group}:${target.stream} ${reason}`;
    const letter = letters.get(key) ?? { device, reason, epochMs, content: [], target };
    letters.set(key, letter);
    for (const message of messagesOf(entry, form).slice(accepted)) {
      letter.content.push({ timestamp: trueMs, message });
    }
  }
  return [...letters.values()];
};
