import type { Value } from "../event.ts";
import { integerLimit } from "../limits.ts";
import type { Reader } from "./reader.ts";
import { fromUtf8, toUtf8 } from "./text.ts";
import type { Writer } from "./writer.ts";

/** One byte says what follows: nothing, a zigzag varint, 8 bytes, or a block. */
const kinds = {
  null: 0,
  false: 1,
  true: 2,
  integer: 3,
  double: 4,
  text: 5,
  bytes: 6,
  json: 7,
} as const;

const isInteger = (value: number): boolean =>
  Math.floor(value) === value &&
  value <= integerLimit &&
  value >= -integerLimit &&
  !(value === 0 && 1 / value < 0);

const writeNumber = (writer: Writer, value: number): void => {
  if (isInteger(value)) {
    writer.byte(kinds.integer);
    writer.zigzag(value);
    return;
  }
  writer.byte(kinds.double);
  writer.double(value);
};

export const writeValue = (writer: Writer, value: Value): void => {
  if (value === null) writer.byte(kinds.null);
  else if (typeof value === "boolean") writer.byte(value ? kinds.true : kinds.false);
  else if (typeof value === "number") writeNumber(writer, value);
  else if (typeof value === "string") {
    writer.byte(kinds.text);
    writer.block(toUtf8(value));
  } else if (value instanceof Uint8Array) {
    writer.byte(kinds.bytes);
    writer.block(value);
  } else {
    writer.byte(kinds.json);
    writer.block(toUtf8(value.json));
  }
};

export const readValue = (reader: Reader, bytes: Uint8Array): Value => {
  const at = reader.offset();
  const kind = reader.byte();
  if (kind === kinds.null) return null;
  if (kind === kinds.false) return false;
  if (kind === kinds.true) return true;
  if (kind === kinds.integer) return reader.zigzag();
  if (kind === kinds.double) return reader.double();
  if (kind > kinds.json) {
    reader.fail(`value of unknown kind ${kind}`, at);
    return null;
  }
  const block = reader.block();
  if (kind === kinds.bytes) return new Uint8Array(bytes.subarray(block.from, block.to));
  const text = fromUtf8(bytes, block.from, block.to);
  return kind === kinds.json ? { json: text } : text;
};
