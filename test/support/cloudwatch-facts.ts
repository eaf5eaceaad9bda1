/**
 * What CloudWatch Logs is known to answer: recorded on the real service in 2026-02, else from its public
 * model of 2026-08. The client and the local endpoint are both held to it.
 */

/** How the service says no: the error's name and its exact message. */
export interface RefusalFact {
  name: string;
  message: string;
}

const invalid = (message: string): RefusalFact => ({ name: "InvalidParameterException", message });

/** Refusals whose text does not depend on the call. */
export const refusals = {
  groupExists: {
    name: "ResourceAlreadyExistsException",
    message: "The specified log group already exists",
  },
  streamExists: {
    name: "ResourceAlreadyExistsException",
    message: "The specified log stream already exists",
  },
  groupAbsent: {
    name: "ResourceNotFoundException",
    message: "The specified log group does not exist.",
  },
  streamAbsent: {
    name: "ResourceNotFoundException",
    message: "The specified log stream does not exist.",
  },
  outOfOrder: invalid(
    "Log events in a single PutLogEvents request must be in chronological order.",
  ),
  spanTooLong: invalid(
    "The batch of log events in a single PutLogEvents request cannot span more than 24 hours.",
  ),
  nameTooLong: invalid(
    "Invalid LogGroup or LogStream, both must have length less than or equal to 512.",
  ),
  tokenInvalid: invalid("The specified nextToken is invalid."),
  noEvents: invalid(
    "1 validation error detected: Value '[]' at 'logEvents' failed to satisfy constraint: Member must have length greater than or equal to 1",
  ),
  keyUnknown: {
    name: "UnrecognizedClientException",
    message: "The security token included in the request is invalid.",
  },
  throttled: { name: "ThrottlingException", message: "Rate exceeded" },
} as const satisfies Record<string, RefusalFact>;

/** The refusal of messages without a character, by their positions from 1. */
export const emptyMessages = (positions: readonly number[]): RefusalFact => {
  const violations = positions.map(
    (position) =>
      `Value '' at 'logEvents.${position}.member.message' failed to satisfy constraint: Member must have length greater than or equal to 1`,
  );
  const noun = positions.length === 1 ? "error" : "errors";
  return invalid(`${positions.length} validation ${noun} detected: ${violations.join("; ")}`);
};

/** The refusal of a batch of too many bytes. */
export const uploadTooLarge = (bytes: number): RefusalFact =>
  invalid(`Upload too large: ${bytes} bytes exceeds limit of 1048576`);

/** The refusal of one event of too many bytes, its 26 included. */
export const eventTooLarge = (bytes: number): RefusalFact =>
  invalid(`Log event too large: ${bytes} bytes exceeds limit of 1048576`);

/** The refusal of a signature that has grown too old. Dates are `YYYYMMDDTHHMMSSZ`. */
export const signatureExpired = (signed: string, limit: string, now: string): RefusalFact => ({
  name: "InvalidSignatureException",
  message: `Signature expired: ${signed} is now earlier than ${limit} (${now} - 5 min.)`,
});

/** How the refusal of any other bad signature begins. */
export const signatureMismatch: RefusalFact = {
  name: "InvalidSignatureException",
  message:
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method.",
};

/** Numbers that bound a PutLogEvents call. */
export const batchFacts = {
  limitBytes: 1_048_576,
  eventOverheadBytes: 26,
  limitEvents: 10_000,
  largestMessageBytes: 1_048_550,
  spanMs: 86_400_000,
  tooOldAfterMs: 14 * 86_400_000,
  tooNewAfterMs: 2 * 3_600_000,
} as const;

/** Which events of a call are refused one by one; `agesMs` are before now, oldest first. */
export interface RejectionFact {
  what: string;
  retentionInDays?: number;
  agesMs: readonly number[];
  /** Absent: all are taken. */
  rejected?: Readonly<Record<string, number>>;
}

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

export const rejections: readonly RejectionFact[] = [
  { what: "takes an event of 14 days less a minute", agesMs: [14 * dayMs - minuteMs] },
  {
    what: "refuses an event of 14 days and a minute",
    agesMs: [14 * dayMs + minuteMs],
    rejected: { tooOldLogEventEndIndex: 1 },
  },
  { what: "takes an event 2 h less a minute ahead", agesMs: [-(2 * hourMs - minuteMs)] },
  {
    what: "refuses an event 2 h and a minute ahead",
    agesMs: [-(2 * hourMs + minuteMs)],
    rejected: { tooNewLogEventStartIndex: 0 },
  },
  {
    what: "refuses both ends and takes the middle",
    agesMs: [20 * dayMs, 15 * dayMs, hourMs, 0, -3 * hourMs],
    rejected: { tooOldLogEventEndIndex: 2, tooNewLogEventStartIndex: 4 },
  },
  {
    what: "refuses what the group would not keep",
    retentionInDays: 3,
    agesMs: [5 * dayMs, 4 * dayMs, hourMs],
    rejected: { expiredLogEventEndIndex: 2 },
  },
];

/** Every value PutRetentionPolicy takes. */
export const retentionDays: readonly number[] = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288,
  3653,
];

/** A GetLogEvents token. */
export const tokenPattern: RegExp = /^[fb]\/\d{56}$/;
