/** What an attempt came to: see `Verdict`, which says what each asks for. */
type VerdictName =
  | "accepted"
  | "retry"
  | "throttled"
  | "create"
  | "split"
  | "unknown"
  | "refresh"
  | "correctClock"
  | "denied"
  | "giveUp";

/** An answer, or the lack of one (then `status` is 0), reduced to what decides. */
export interface Answer {
  kind: "response" | "notSent" | "noResponse" | "invalid";
  status: number;
  /** The error's name without namespace; empty where none is given. */
  name: string;
  message: string;
  /** The body, where it was parsed and is a JSON object. */
  json: Record<string, unknown> | undefined;
}

/** All that is given must fit. A `status` is a range, both ends included. */
export interface Condition {
  kind?: Answer["kind"];
  status?: readonly [number, number];
  name?: RegExp;
  message?: RegExp;
  isJson?: boolean;
}

/** One line of the table: the first whose `only` and one of whose `when` fit decides. */
export interface FaultRow {
  /** The answer in words, unique in the table. */
  answer: string;
  /** The actions it is for. Default: all. */
  only?: readonly string[];
  when: readonly Condition[];
  verdict: VerdictName;
  missing?: "group" | "stream";
  reason: string;
}

const put = ["PutLogEvents"];
const creates = ["CreateLogGroup", "CreateLogStream"];
const deletes = ["DeleteLogGroup", "DeleteLogStream"];
const reads = ["DescribeLogGroups", "DescribeLogStreams", "GetLogEvents", "FilterLogEvents"];
/** Applying these twice leaves the same as applying them once. */
const repeatable = [...creates, ...deletes, ...reads, "PutRetentionPolicy", "TagResource"];

const exactly = (...names: string[]): RegExp => new RegExp(`^(${names.join("|")})(Exception)?$`);
const absent = exactly("ResourceNotFound");
const serverFault = [{ status: [500, 599] }, { name: /^Internal/ }] as const;

/** Every answer the service is known to give. The order matters. */
export const faultTable: readonly FaultRow[] = [
  {
    answer: "parameters that cannot be encoded",
    when: [{ kind: "invalid" }],
    verdict: "giveUp",
    reason: "the parameters cannot be encoded",
  },
  {
    answer: "no connection: name lookup, refused, TLS, proxy, no credentials",
    when: [{ kind: "notSent" }],
    verdict: "retry",
    reason: "nothing was sent",
  },
  {
    answer: "no answer: cut or timed out, an action that may be repeated",
    only: repeatable,
    when: [{ kind: "noResponse" }],
    verdict: "retry",
    reason: "no answer, and repeating does no harm",
  },
  {
    answer: "no answer: cut or timed out",
    when: [{ kind: "noResponse" }],
    verdict: "unknown",
    reason: "no answer, it may have been applied",
  },
  {
    answer: "2xx that is not JSON, to PutLogEvents",
    only: put,
    when: [{ status: [200, 299], isJson: false }],
    verdict: "unknown",
    reason: "an answer that CloudWatch Logs does not give, check endpoint and proxy",
  },
  { answer: "2xx", when: [{ status: [200, 299] }], verdict: "accepted", reason: "accepted" },
  {
    answer: "`ResourceAlreadyExistsException` to a create",
    only: creates,
    when: [{ name: exactly("ResourceAlreadyExists") }],
    verdict: "accepted",
    reason: "it exists already",
  },
  {
    answer: "`ResourceNotFoundException` to a delete",
    only: deletes,
    when: [{ name: absent }],
    verdict: "accepted",
    reason: "it is gone already",
  },
  {
    answer: "`DataAlreadyAcceptedException`",
    when: [{ name: exactly("DataAlreadyAccepted") }],
    verdict: "accepted",
    reason: "the batch was accepted before",
  },
  {
    answer: "`InvalidSequenceTokenException`, `OperationAbortedException`",
    when: [{ name: exactly("InvalidSequenceToken", "OperationAborted") }],
    verdict: "retry",
    reason: "another call was at work on the same resource",
  },
  {
    answer: "`ResourceNotFoundException`, the stream",
    when: [{ name: absent, message: /log stream/i }],
    verdict: "create",
    missing: "stream",
    reason: "the log stream does not exist",
  },
  {
    answer: "`ResourceNotFoundException`, the group",
    when: [{ name: absent }],
    verdict: "create",
    missing: "group",
    reason: "the log group does not exist",
  },
  {
    answer: "signature expired or not yet current",
    when: [
      { name: /Signature/, message: /signature (expired|not yet current)/i },
      { name: exactly("RequestExpired", "RequestTimeTooSkewed", "RequestInTheFuture") },
    ],
    verdict: "correctClock",
    reason: "this machine's clock differs from that of AWS, set it by NTP",
  },
  {
    answer: "expired or unknown credentials",
    when: [
      { name: exactly("ExpiredToken", "TokenRefreshRequired") },
      { name: exactly("UnrecognizedClient", "InvalidClientTokenId") },
    ],
    verdict: "refresh",
    reason: "AWS does not accept these credentials any more or does not know them, renew them",
  },
  {
    answer: "`ThrottlingException`, `Rate exceeded`, 429",
    when: [
      { name: /^(Request)?Throttl|^TooManyRequests|^RequestLimitExceeded|^SlowDown/ },
      { message: /^rate exceeded/i },
      { status: [429, 429] },
    ],
    verdict: "throttled",
    reason: "more calls than the account's quota allows",
  },
  {
    answer: "`LimitExceededException`, `ServiceQuotaExceededException`",
    when: [{ name: exactly("LimitExceeded", "ServiceQuotaExceeded") }],
    verdict: "throttled",
    reason: "a quota of the account is used up, ask AWS to raise it",
  },
  {
    answer: "`ServiceUnavailableException`, 503; `RequestTimeoutException`, 408",
    when: [
      { name: exactly("ServiceUnavailable", "RequestTimeout") },
      { status: [503, 503] },
      { status: [408, 408] },
    ],
    verdict: "retry",
    reason: "the service is not available",
  },
  {
    answer: "500, 502, 504 and other 5xx, an action that may be repeated",
    only: repeatable,
    when: serverFault,
    verdict: "retry",
    reason: "the service failed, and repeating does no harm",
  },
  {
    answer: "500, 502, 504 and other 5xx",
    when: serverFault,
    verdict: "unknown",
    reason: "the service failed, it may have been applied",
  },
  {
    answer: "`Upload too large`, `Log event too large`, 413",
    only: put,
    when: [{ message: /^(upload|log event) too large/i }, { status: [413, 413] }],
    verdict: "split",
    reason: "larger than the service takes",
  },
  {
    answer: "more than 24 hours, or not in chronological order",
    only: put,
    when: [{ message: /span more than 24 hours|in chronological order/i }],
    verdict: "split",
    reason: "the events cannot be in one call",
  },
  {
    answer: "an empty batch",
    only: put,
    when: [{ message: /Value '\[\]' at 'logEvents'/ }],
    verdict: "giveUp",
    reason: "there are no events in the call",
  },
  {
    answer: "a validation error at `logEvents`, `SerializationException`",
    only: put,
    when: [{ message: /at 'logEvents/ }, { name: exactly("Serialization") }],
    verdict: "split",
    reason: "one of the events is not acceptable",
  },
  {
    answer: "`AccessDeniedException`, a signature that does not match, KMS, 401, 403, 407",
    when: [
      { name: exactly("AccessDenied", "NotAuthorized", "UnauthorizedOperation", "AuthFailure") },
      { name: exactly("InvalidSignature", "SignatureDoesNotMatch", "IncompleteSignature") },
      { name: exactly("MissingAuthenticationToken", "OptInRequired", "SubscriptionRequired") },
      { name: /^KMS/ },
      { message: /\bKMS\b/ },
      { status: [401, 401] },
      { status: [403, 403] },
      { status: [407, 407] },
    ],
    verdict: "denied",
    reason: "access denied, the role needs logs:{action} on this log group, or the secret is wrong",
  },
  {
    answer: "`UnknownOperationException`",
    when: [{ name: exactly("UnknownOperation") }],
    verdict: "denied",
    reason: "the endpoint does not know the action {action}, check the endpoint",
  },
  {
    answer: "`InvalidParameterException` and any other named 4xx",
    when: [{ status: [400, 499], name: /./ }],
    verdict: "giveUp",
    reason: "the service refuses these parameters",
  },
  {
    answer: "3xx, or a 4xx that names no error",
    when: [{ status: [300, 499] }],
    verdict: "denied",
    reason: "an answer that CloudWatch Logs does not give, check endpoint and proxy",
  },
];
