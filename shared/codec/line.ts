import { textCrc32 } from "./crc32.ts";

/*
 * Messages on a line that others write on as well: a serial port, or the console of a board.
 *
 *   ~ u base64 , 2839471 \n      first piece of a message; more follow
 *   ~ + base64 ; 114930712 \n    its last: CRC-32 of "2839471" and of what is between ~ and itself
 *
 * Each piece is checked together with the number of the one before, the first with 0: pieces of two
 * messages never make one.
 */

/** Before each line; the text up to the one before it belongs to somebody else. */
export const lineMark = "~";

/** Payload in one line: a multiple of 3, so that only the last piece is padded. */
export const pieceBytes = 72;

/** The longest line, its mark and end included. */
export const lineLimit = 112;

/** What one end of a line knows of the message under way. */
export interface Line {
  /** What the message is; of the one just read. */
  kind: string;
  /** Its payload so far. */
  base64: string;
  /** CRC-32 of the latest piece, -1 when a message is complete. */
  crc: number;
}

export const createLine = (): Line => ({ kind: "", base64: "", crc: -1 });

/** The line for the next piece of a message; `kind` is `+` but for the first. */
export const writeLine = (line: Line, kind: string, base64: string, isLast: boolean): string => {
  const body = kind + base64 + (isLast ? ";" : ",");
  line.crc = textCrc32((kind === "+" ? line.crc : 0) + body);
  return `${lineMark + body + line.crc}\n`;
};

/**
 * Reads what stood after a mark; true where it completes the message that `line` then holds. Ignores
 * whatever is no line, or damaged, or the piece of another message than the one under way.
 */
export const readLine = (line: Line, text: string, limitBytes: number): boolean => {
  const end = Math.max(text.lastIndexOf(","), text.lastIndexOf(";"));
  const isFirst = text[0] !== "+";
  const crc = textCrc32((isFirst ? 0 : line.crc) + text.slice(0, end + 1));
  if (end < 1 || crc !== parseInt(text.slice(end + 1), 10)) return false;
  if (isFirst) {
    line.kind = text[0] as string;
    line.base64 = "";
  }
  line.base64 += text.slice(1, end);
  line.crc = crc;
  const isLast = text[end] === ";";
  const isTooLong = line.base64.length * 3 > limitBytes * 4 + 8;
  if (isLast || isTooLong) line.crc = -1;
  return isLast && !isTooLong;
};
