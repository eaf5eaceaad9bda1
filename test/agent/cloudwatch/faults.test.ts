import { describe, expect, it } from "vitest";
import { faultTable } from "../../../agent/cloudwatch/fault-table.ts";
import { type Attempt, judge } from "../../../agent/cloudwatch/faults.ts";

const answer = (
  statuscode: number,
  body: object | string,
  headers: Record<string, string> = {},
): Attempt => ({
  kind: "response",
  statuscode,
  headers,
  body: typeof body === "string" ? body : JSON.stringify(body),
});

const error = (name: string, message = "", statuscode = 400): Attempt =>
  answer(statuscode, { __type: name, message });

const html = (statuscode: number) => answer(statuscode, "<html>nginx</html>");

const tooLarge = "Upload too large: 1049882 bytes exceeds limit of 1048576";
const eventTooLarge = "Log event too large: 1048577 bytes exceeds limit of 1048576";
const notInOrder = "Log events in a single PutLogEvents request must be in chronological order.";
const tooLong =
  "The batch of log events in a single PutLogEvents request cannot span more than 24 hours.";
const emptyBatch =
  "1 validation error detected: Value '[]' at 'logEvents' failed to satisfy constraint: Member must have length greater than or equal to 1";
const emptyMessage =
  "1 validation error detected: Value '' at 'logEvents.1.member.message' failed to satisfy constraint: Member must have length greater than or equal to 1";
const noGroup = "The specified log group does not exist.";
const noStream = "The specified log stream does not exist.";
const signatureExpired =
  "Signature expired: 20160504T004903Z is now earlier than 20160504T005133Z (20160504T005633Z - 5 min.)";
const signatureWrong =
  "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method.";
const notAuthorized =
  "User: arn:aws:iam::123456789012:user/pump is not authorized to perform: logs:PutLogEvents on resource: arn:aws:logs:eu-west-1:123456789012:log-group:doors:log-stream:front";

const put = "PutLogEvents";

/** For each row of the table, answers that it decides. */
const samples: Record<string, [action: string, attempt: Attempt][]> = {
  "parameters that cannot be encoded": [[put, { kind: "invalid", error: '"message" is 42' }]],
  "no connection: name lookup, refused, TLS, proxy, no credentials": [
    [put, { kind: "notSent", error: "ECONNREFUSED" }],
    ["CreateLogGroup", { kind: "notSent", error: "ENOTFOUND" }],
  ],
  "no answer: cut or timed out, an action that may be repeated": [
    ["CreateLogStream", { kind: "noResponse", error: "ECONNRESET" }],
    ["GetLogEvents", { kind: "noResponse", error: "Headers Timeout Error" }],
  ],
  "no answer: cut or timed out": [
    [put, { kind: "noResponse", error: "other side closed" }],
    ["StartQuery", { kind: "noResponse", error: "other side closed" }],
  ],
  "2xx that is not JSON, to PutLogEvents": [
    [put, html(200)],
    [put, answer(200, "")],
  ],
  "2xx": [
    [put, answer(200, { nextSequenceToken: "4959" })],
    ["CreateLogGroup", answer(200, "")],
  ],
  "`ResourceAlreadyExistsException` to a create": [
    [
      "CreateLogGroup",
      error("ResourceAlreadyExistsException", "The specified log group already exists"),
    ],
    [
      "CreateLogStream",
      error("ResourceAlreadyExistsException", "The specified log stream already exists"),
    ],
  ],
  "`ResourceNotFoundException` to a delete": [
    ["DeleteLogStream", error("ResourceNotFoundException", noStream)],
    ["DeleteLogGroup", error("ResourceNotFoundException", noGroup)],
  ],
  "`DataAlreadyAcceptedException`": [[put, error("DataAlreadyAcceptedException")]],
  "`InvalidSequenceTokenException`, `OperationAbortedException`": [
    [put, error("InvalidSequenceTokenException")],
    ["CreateLogGroup", error("OperationAbortedException")],
  ],
  "`ResourceNotFoundException`, the stream": [
    [put, error("ResourceNotFoundException", noStream)],
    ["GetLogEvents", error("ResourceNotFoundException", noStream)],
  ],
  "`ResourceNotFoundException`, the group": [
    [put, error("ResourceNotFoundException", noGroup)],
    ["CreateLogStream", error("ResourceNotFoundException", noGroup)],
    ["PutRetentionPolicy", error("com.amazonaws.logs#ResourceNotFoundException", noGroup)],
  ],
  "signature expired or not yet current": [
    [put, error("InvalidSignatureException", signatureExpired)],
    [put, error("InvalidSignatureException", "Signature not yet current: 20160504T010903Z")],
    [put, error("RequestTimeTooSkewed", "", 403)],
    [put, error("RequestExpired")],
  ],
  "expired or unknown credentials": [
    [put, error("ExpiredTokenException", "The security token included in the request is expired")],
    [
      put,
      error(
        "UnrecognizedClientException",
        "The security token included in the request is invalid.",
      ),
    ],
    [put, error("InvalidClientTokenId", "", 403)],
  ],
  "`ThrottlingException`, `Rate exceeded`, 429": [
    [put, error("ThrottlingException", "Rate exceeded")],
    ["CreateLogStream", error("LimitExceededException", "Rate exceeded")],
    [put, html(429)],
    [put, error("TooManyRequestsException", "", 429)],
    [put, error("ThrottlingException", "", 503)],
  ],
  "`LimitExceededException`, `ServiceQuotaExceededException`": [
    ["CreateLogGroup", error("LimitExceededException", "Resource limit exceeded.")],
    ["CreateLogGroup", error("ServiceQuotaExceededException")],
  ],
  "`ServiceUnavailableException`, 503; `RequestTimeoutException`, 408": [
    [put, error("ServiceUnavailableException", "The service cannot complete the request.", 503)],
    [put, html(503)],
    [put, error("RequestTimeoutException")],
    [put, html(408)],
  ],
  "500, 502, 504 and other 5xx, an action that may be repeated": [
    ["CreateLogGroup", error("InternalFailure", "", 500)],
    ["DescribeLogStreams", html(502)],
  ],
  "500, 502, 504 and other 5xx": [
    [put, error("InternalFailure", "", 500)],
    [put, error("InternalServerException", "")],
    [put, html(502)],
    [put, html(504)],
    ["StartQuery", html(599)],
  ],
  "`Upload too large`, `Log event too large`, 413": [
    [put, error("InvalidParameterException", tooLarge)],
    [put, error("InvalidParameterException", eventTooLarge)],
    [put, html(413)],
  ],
  "more than 24 hours, or not in chronological order": [
    [put, error("InvalidParameterException", tooLong)],
    [put, error("InvalidParameterException", notInOrder)],
  ],
  "an empty batch": [[put, error("InvalidParameterException", emptyBatch)]],
  "a validation error at `logEvents`, `SerializationException`": [
    [put, error("InvalidParameterException", emptyMessage)],
    [put, error("SerializationException")],
  ],
  "`AccessDeniedException`, a signature that does not match, KMS, 401, 403, 407": [
    [put, error("AccessDeniedException", notAuthorized)],
    [put, error("InvalidSignatureException", signatureWrong)],
    [put, error("MissingAuthenticationTokenException", "Missing Authentication Token")],
    [put, error("IncompleteSignatureException")],
    ["CreateLogGroup", error("InvalidParameterException", "The KMS key is disabled")],
    [put, html(401)],
    [put, html(403)],
    [put, html(407)],
  ],
  "`UnknownOperationException`": [[put, error("UnknownOperationException")]],
  "`InvalidParameterException` and any other named 4xx": [
    [put, error("InvalidParameterException", "Invalid LogGroup or LogStream")],
    ["FilterLogEvents", error("InvalidOperationException")],
    ["CreateLogGroup", error("SerializationException")],
    ["TagResource", error("TooManyTagsException")],
    [put, answer(400, "", { "x-amzn-errortype": "ValidationException:http://internal/" })],
  ],
  "3xx, or a 4xx that names no error": [
    [put, html(302)],
    [put, html(404)],
    [put, answer(400, { message: "who are you" })],
  ],
};

describe("fault table", () => {
  it("has a sample for each of its rows, and no other", () => {
    const rows = faultTable.map(({ answer }) => answer);

    expect(Object.keys(samples).sort()).toEqual([...rows].sort());
    expect(new Set(rows).size).toBe(rows.length);
  });

  describe.each(faultTable)("$answer", (row) => {
    it.each(samples[row.answer] ?? [])(`comes to ${row.verdict}, for %s`, (action, attempt) => {
      const verdict = judge(action, attempt);

      expect(verdict.verdict).toBe(row.verdict);
      expect(verdict.reason).toContain(row.reason.replace("{action}", action));
      if (verdict.verdict === "create") expect(verdict.missing).toBe(row.missing);
    });
  });
});

describe("verdict", () => {
  it("carries the indices of events that were refused", () => {
    const rejectedLogEventsInfo = {
      tooNewLogEventStartIndex: 9,
      tooOldLogEventEndIndex: 1,
      expiredLogEventEndIndex: 2,
    };

    const verdict = judge(put, answer(200, { nextSequenceToken: "1", rejectedLogEventsInfo }));

    expect(verdict).toEqual({
      verdict: "accepted",
      reason: "accepted",
      rejected: rejectedLogEventsInfo,
    });
  });

  it("carries no indices where all events were accepted", () => {
    const verdict = judge(put, answer(200, { nextSequenceToken: "1" }));

    expect(verdict).not.toHaveProperty("rejected");
  });

  it.each([
    [{ "retry-after": "3" }, 3_000],
    [{ "x-amz-retry-after": "250" }, 250],
    [{ "retry-after": "86400" }, 300_000],
    [{ "retry-after": "Wed, 21 Oct 2026 07:28:00 GMT" }, undefined],
    [{}, undefined],
  ])("with %o waits for %s ms", (headers, retryAfterMs) => {
    const verdict = judge(put, answer(503, "", headers as Record<string, string>));

    expect((verdict as { retryAfterMs?: number }).retryAfterMs).toBe(retryAfterMs);
  });

  it("tells what the service said, and what would help", () => {
    const { reason } = judge(put, error("AccessDeniedException", notAuthorized));

    expect(reason).toBe(
      `access denied, the role needs logs:PutLogEvents on this log group, or the secret is wrong (400 AccessDeniedException): ${notAuthorized}`,
    );
  });

  it("tells why nothing was sent", () => {
    const { reason } = judge(put, { kind: "notSent", error: "Cannot reach http://one" });

    expect(reason).toBe("nothing was sent: Cannot reach http://one");
  });

  it("does not repeat the request that AWS quotes, nor a token in it", () => {
    const quoted = `${signatureWrong}\n\nThe Canonical String was\n'POST\nx-amz-security-token:${"T".repeat(300)}'`;

    const { reason } = judge(put, error("InvalidSignatureException", quoted));

    expect(reason).not.toMatch(/TTTT|Canonical/);
  });

  it("is unknown for an answer nobody has heard of", () => {
    const verdict = judge(put, answer(600, ""));

    expect(verdict.verdict).toBe("unknown");
  });
});
