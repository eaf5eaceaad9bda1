import { sha256Hex } from "./canonical.ts";
import { invalidToken } from "./service-error.ts";
import type { Position } from "./store/read.ts";

/** Which way a GetLogEvents token leads. */
export type TokenDirection = "f" | "b";

const stampDigits = 16;
const ordinalDigits = 16;
const streamDigits = 10;
const checkDigits = 14;

const digitsOf = (value: number, width: number): string => String(value).padStart(width, "0");

/** A short proof that this endpoint made a token, for this use. */
const checkOf = (text: string): string =>
  BigInt(`0x${sha256Hex(`fleetlog ${text}`).slice(0, 16)}`)
    .toString()
    .padStart(20, "0")
    .slice(-checkDigits);

/** A position as 56 digits; `use` binds them to where they may come back. */
export const digitsOfPosition = (position: Position, use: string): string => {
  const digits =
    digitsOf(position.timestampMs, stampDigits) +
    digitsOf(position.ordinal, ordinalDigits) +
    digitsOf(position.streamId, streamDigits);
  return digits + checkOf(digits + use);
};

/** A PutLogEvents sequence token: 56 digits that no call has to prove. */
export const sequenceToken = (streamId: number, ordinal: number): string =>
  digitsOf(streamId, streamDigits) + digitsOf(ordinal, 56 - streamDigits);

/** Reads 56 digits back, or throws the service's refusal when they were not given out for this use. */
export const positionOfDigits = (text: string, use: string): Position => {
  const digits = text.slice(0, -checkDigits);
  if (!/^\d{56}$/.test(text) || checkOf(digits + use) !== text.slice(-checkDigits)) {
    throw invalidToken();
  }
  return {
    timestampMs: Number(digits.slice(0, stampDigits)),
    ordinal: Number(digits.slice(stampDigits, stampDigits + ordinalDigits)),
    streamId: Number(digits.slice(stampDigits + ordinalDigits)),
  };
};

/** A GetLogEvents token: `f/` or `b/` and 56 digits. */
export const streamToken = (direction: TokenDirection, position: Position): string =>
  `${direction}/${digitsOfPosition(position, `stream ${position.streamId}`)}`;

/** Reads a GetLogEvents token of this stream. */
export const parseStreamToken = (
  token: string,
  streamId: number,
): { direction: TokenDirection; position: Position } => {
  const direction = token.slice(0, 1);
  if ((direction !== "f" && direction !== "b") || token[1] !== "/") throw invalidToken();
  return { direction, position: positionOfDigits(token.slice(2), `stream ${streamId}`) };
};

/** A continuation token of a listing: the last name given out. */
export const nameToken = (name: string, use: string): string =>
  `${Buffer.from(name).toString("base64url")}.${checkOf(name + use)}`;

/** Reads a listing's token back. */
export const parseNameToken = (token: string, use: string): string => {
  const [encoded = "", check] = token.split(".");
  const name = Buffer.from(encoded, "base64url").toString();
  if (checkOf(name + use) !== check) throw invalidToken();
  return name;
};
