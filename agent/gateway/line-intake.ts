import { createLine, lineMark, readLine } from "../../shared/codec/line.ts";
import { frameLimitBytes } from "../../shared/limits.ts";

/** What comes over a port. */
export interface LineEvents {
  onMessage(kind: string, payload: Buffer): void;
  /** A line, or a part of one, that is nobody's message: the board's console. */
  onText(text: Buffer): void;
  /** A line that was meant to be a piece of a message. */
  onDamaged(): void;
}

/** A line that does not end is given out as text, piece by piece. */
const textLimit = 4_096;

const shape = /^[a-z+][A-Za-z0-9+/]*={0,2}[,;](\d{1,10})\s*$/;

/** Finds messages among the bytes of a port, given in pieces of any length. */
export const createLineIntake = (events: LineEvents): ((chunk: Buffer) => void) => {
  const line = createLine();
  let received = "";

  /** Answers whether it was shaped like a piece, good or bad. */
  const take = (segment: string): boolean => {
    if (readLine(line, segment, frameLimitBytes)) {
      events.onMessage(line.kind, Buffer.from(line.base64, "base64"));
      return true;
    }
    const found = shape.exec(segment);
    if (found !== null && line.crc !== Number(found[1])) events.onDamaged();
    return found !== null;
  };
  const takeLine = (text: string): void => {
    const [before = "", ...segments] = text.split(lineMark);
    const others = segments.filter((segment) => !take(segment)).map((text) => lineMark + text);
    const rest = before + others.join("");
    if (rest.trim() !== "" || segments.length === 0) give(`${rest}\n`);
  };
  const give = (text: string): void => events.onText(Buffer.from(text, "latin1"));

  return (chunk) => {
    const lines = (received + chunk.toString("latin1")).split("\n");
    received = lines.pop() as string;
    for (const text of lines) takeLine(text);
    if (received.length <= textLimit) return;
    give(received);
    received = "";
  };
};
