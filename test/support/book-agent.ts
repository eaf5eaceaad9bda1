import { bootTag } from "../../shared/boot-event.ts";
import { decodeHead } from "../../shared/codec/decode.ts";
import { type Boot, bootText, type Frame } from "../../shared/frame.ts";
import { decodeFrame, type Entry, encodeAck } from "../../shared/index.ts";
import { type HeldDefinitions, heldDefinitions } from "./held-definitions.ts";

/** What an agent has written down of one boot. */
export interface BootBook {
  /** First seq that is not stored. */
  cursor: number;
  isEnded: boolean;
  /** Numbers that the events had as their first value, in order of their seqs. */
  delivered: number[];
  /** Events that the device gave up, by reason. */
  dropped: { [reason: string]: number };
  /** At most so many events went with the power. */
  powerLoss: number;
  /** Uptime of the last event. */
  uptimeMs: number;
  definitions: HeldDefinitions;
}

/** The agent's side of the protocol for the boots of one device, at its simplest: it keeps books. */
export interface BookAgent {
  /** Takes a frame's bytes and answers with the ack's. Throws where the device broke the protocol. */
  receive(payload: Uint8Array): Uint8Array;
  /** By `bootText`. */
  boots: Map<string, BootBook>;
}

const emptyBook = (): BootBook => ({
  cursor: 0,
  isEnded: false,
  delivered: [],
  dropped: {},
  powerLoss: 0,
  uptimeMs: 0,
  definitions: heldDefinitions(),
});

const drop = (book: BootBook, reason: string, count: number): void => {
  book.dropped[reason] = (book.dropped[reason] ?? 0) + count;
};

const enter = (book: BootBook, entry: Entry): void => {
  if (entry.kind === "end") {
    book.isEnded = true;
    return;
  }
  if (entry.uptimeMs < book.uptimeMs) throw new Error("the uptime of a boot runs backwards");
  book.uptimeMs = entry.uptimeMs;
  if (entry.kind === "drop") drop(book, entry.drop.reason, entry.drop.count);
  else if (entry.site.tag !== bootTag) book.delivered.push(entry.values[0] as number);
};

/** Enters what is new of a frame that reaches beyond the cursor. */
const enterFrame = (book: BootBook, { header, body }: Frame): void => {
  const end = header.first + header.count;
  if (body.kind === "entries") {
    for (const entry of body.entries.slice(book.cursor - header.first)) enter(book, entry);
  } else {
    for (const { reason, count } of body.drops) {
      if (reason === "power_loss") book.powerLoss += Math.min(count, end - book.cursor);
      else if (header.first < book.cursor) throw new Error("a tombstone begins below the cursor");
      else drop(book, reason, count);
    }
  }
  book.cursor = end;
};

export const bookAgent = (): BookAgent => {
  const boots = new Map<string, BootBook>();
  let ackId = 0;

  const bookOf = (boot: Boot): BootBook => {
    const key = bootText(boot);
    const book = boots.get(key) ?? emptyBook();
    boots.set(key, book);
    return book;
  };
  return {
    boots,
    receive(payload) {
      const begun = decodeHead(payload);
      if (!begun.ok) throw new Error(`Cannot read a frame of the device: ${begun.reason}`);
      const { header } = begun;
      const book = bookOf(header.boot);
      const decoded = book.definitions.take(begun.head)
        ? decodeFrame(payload, book.definitions.lookup)
        : null;
      if (decoded?.ok === false) throw new Error(`Cannot decode a frame: ${decoded.reason}`);
      const end = header.first + header.count;
      if (header.base > book.cursor) {
        throw new Error(`seqs ${book.cursor} to ${header.base} were never declared lost`);
      }
      if (decoded !== null && header.first <= book.cursor && end > book.cursor) {
        enterFrame(book, decoded.frame);
      }
      ackId++;
      return encodeAck({
        storeId: 1,
        ackId,
        boot: header.boot,
        next: book.cursor,
        definitions: book.definitions.count(),
        epochMs: 1_800_000_000_000 + ackId,
        busyMs: 0,
      });
    },
  };
};
