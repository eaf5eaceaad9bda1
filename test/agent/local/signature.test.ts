import { describe, expect, it } from "vitest";
import { refusals, signatureExpired, signatureMismatch } from "../../support/cloudwatch-facts.ts";
import { startEndpoint } from "../../support/local-endpoint.ts";
import { type SignedCall, type SignedCallOptions, signCall } from "../../support/signed-call.ts";

interface Attack {
  what: string;
  sign?: SignedCallOptions;
  spoil?: (call: SignedCall) => SignedCall;
  name: string;
  message: string | RegExp;
}

const invalidSignature = "InvalidSignatureException";

const withHeaders = (change: (headers: Record<string, string>) => void) => (call: SignedCall) => {
  const headers = { ...call.headers };
  change(headers);
  return { ...call, headers };
};

const attacks: readonly Attack[] = [
  {
    what: "a body changed after signing",
    spoil: (call) => ({ ...call, body: '{"limit":50}' }),
    ...signatureMismatch,
  },
  {
    what: "a content hash that is not the body's",
    sign: { headers: { "x-amz-content-sha256": "0".repeat(64) } },
    ...signatureMismatch,
  },
  {
    what: "a content hash left open",
    sign: { headers: { "x-amz-content-sha256": "UNSIGNED-PAYLOAD" } },
    ...signatureMismatch,
  },
  {
    what: "another action than signed",
    spoil: withHeaders((headers) => {
      headers["x-amz-target"] = "Logs_20140328.DeleteLogGroup";
    }),
    ...signatureMismatch,
  },
  { what: "a wrong secret", sign: { secretAccessKey: "guess" }, ...signatureMismatch },
  { what: "an unknown key", sign: { accessKeyId: "AKIDOTHER" }, ...refusals.keyUnknown },
  {
    what: "a session token it did not give out",
    sign: { headers: { "x-amz-security-token": "t" } },
    ...refusals.keyUnknown,
  },
  {
    what: "another Region",
    sign: { region: "eu-west-1" },
    name: invalidSignature,
    message: "Credential should be scoped to a valid region. ",
  },
  {
    what: "another service",
    sign: { service: "s3" },
    name: invalidSignature,
    message: "Credential should be scoped to correct service: 'logs'. ",
  },
  {
    what: "no signature",
    spoil: withHeaders((headers) => {
      delete headers.authorization;
    }),
    name: "MissingAuthenticationTokenException",
    message: "Missing Authentication Token",
  },
  {
    what: "another algorithm",
    spoil: withHeaders((headers) => {
      headers.authorization = "Basic YTpi";
    }),
    name: "IncompleteSignatureException",
    message: /algorithm.*Basic/,
  },
  {
    what: "a signature left out",
    spoil: withHeaders((headers) => {
      headers.authorization = (headers.authorization ?? "").replace(/, Signature=.*/, "");
    }),
    name: "IncompleteSignatureException",
    message: /requires 'Signature' parameter/,
  },
  {
    what: "a credential cut short",
    spoil: withHeaders((headers) => {
      headers.authorization = (headers.authorization ?? "").replace("/aws4_request", "");
    }),
    name: "IncompleteSignatureException",
    message: /5 slash-delimited elements/,
  },
  {
    what: "a host that is not signed",
    spoil: withHeaders((headers) => {
      headers.authorization = (headers.authorization ?? "").replace("host;", "");
    }),
    name: invalidSignature,
    message: /'Host'.*must be a 'SignedHeader'/,
  },
  {
    what: "no date",
    spoil: withHeaders((headers) => {
      delete headers["x-amz-date"];
    }),
    name: "IncompleteSignatureException",
    message: /requires existence of either a 'X-Amz-Date' or a 'Date' header/,
  },
  {
    what: "a date that is none",
    spoil: withHeaders((headers) => {
      headers["x-amz-date"] = "yesterday";
    }),
    name: "IncompleteSignatureException",
    message: /basic format.*yesterday/,
  },
];

const nowMs = Date.UTC(2016, 4, 4, 0, 56, 33);

const send = async (url: string, call: SignedCall) => {
  const response = await fetch(url, call);
  return { status: response.status, ...((await response.json()) as object) };
};

describe("signature check", () => {
  it.each(attacks)("refuses $what", async ({ sign, spoil, name, message }) => {
    const { endpoint } = await startEndpoint({ nowMs: () => nowMs });
    const call = await signCall(endpoint.url, { date: new Date(nowMs), ...sign });

    const answer = await send(endpoint.url, spoil ? spoil(call) : call);

    const text = typeof message === "string" ? expect.stringContaining(message) : undefined;
    expect(answer).toMatchObject({ status: 400, __type: name });
    expect(answer).toMatchObject({ message: text ?? expect.stringMatching(message) });
  });

  it("accepts a content hash that is the body's", async () => {
    const { endpoint } = await startEndpoint({ nowMs: () => nowMs });
    const hash = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";
    const headers = { "x-amz-content-sha256": hash };
    const call = await signCall(endpoint.url, { date: new Date(nowMs), headers });

    const answer = await send(endpoint.url, call);

    expect(answer).toMatchObject({ status: 200 });
  });

  it.each([
    { what: "5 min old", offsetMs: -300_000, status: 200 },
    { what: "5 min ahead", offsetMs: 300_000, status: 200 },
    { what: "older", offsetMs: -301_000, status: 400 },
    { what: "further ahead", offsetMs: 301_000, status: 400 },
  ])("answers $status to a signature $what", async ({ offsetMs, status }) => {
    const { endpoint } = await startEndpoint({ nowMs: () => nowMs });
    const call = await signCall(endpoint.url, { date: new Date(nowMs + offsetMs) });

    const response = await fetch(endpoint.url, call);

    expect(response.status).toBe(status);
  });

  it("tells when a signature expired and sends its own date", async () => {
    const { endpoint } = await startEndpoint({ nowMs: () => nowMs });
    const date = new Date(Date.UTC(2016, 4, 4, 0, 49, 3));
    const call = await signCall(endpoint.url, { date });

    const response = await fetch(endpoint.url, call);

    const { name, message } = signatureExpired(
      "20160504T004903Z",
      "20160504T005133Z",
      "20160504T005633Z",
    );
    expect(await response.json()).toEqual({ __type: name, message });
    expect(response.headers.get("date")).toBe("Wed, 04 May 2016 00:56:33 GMT");
  });

  it("takes temporary keys with their token", async () => {
    const { endpoint } = await startEndpoint({ sessionToken: "token" });
    const call = await signCall(endpoint.url, { headers: { "x-amz-security-token": "token" } });

    const response = await fetch(endpoint.url, call);

    expect(response.status).toBe(200);
  });
});
