import type { LogStream } from "../stream.ts";

/** The body of a PutLogEvents call, event by event: one at a time, in one buffer used again and again. */
export interface BodyText {
  /** Begins anew. */
  begin(target: LogStream): void;
  /** An event as a member of `logEvents`. */
  add(json: string): void;
  /** The body, in memory of its own. */
  end(): Uint8Array;
}

/**
 * Characters that are put together as text before they become bytes. The text of a whole body would
 * outlive the young generation, and its million pieces with it.
 */
const chunkCharacters = 16_384;

/** UTF-8 of a UTF-16 code unit, at most. */
const bytesOfUnit = 3;

const leastBytes = 262_144;

export const createBodyText = (): BodyText => {
  let buffer = Buffer.allocUnsafe(leastBytes);
  let length = 0;
  let text = "";
  let isFirst = true;

  const flush = (): void => {
    const most = length + text.length * bytesOfUnit;
    if (most > buffer.length) {
      const larger = Buffer.allocUnsafe(Math.max(most, buffer.length * 2));
      buffer.copy(larger, 0, 0, length);
      buffer = larger;
    }
    length += buffer.write(text, length);
    text = "";
  };
  return {
    begin({ group, stream }) {
      const names = `"logGroupName":${JSON.stringify(group)},"logStreamName":${JSON.stringify(stream)}`;
      text = `{${names},"logEvents":[`;
      length = 0;
      isFirst = true;
    },
    add(json) {
      text += isFirst ? json : `,${json}`;
      isFirst = false;
      if (text.length >= chunkCharacters) flush();
    },
    end() {
      text += "]}";
      flush();
      const body = Buffer.allocUnsafe(length);
      buffer.copy(body, 0, 0, length);
      return body;
    },
  };
};
