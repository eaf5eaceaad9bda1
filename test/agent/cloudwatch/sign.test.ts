import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createSigner } from "../../../agent/cloudwatch/sign.ts";
import { createVerifier } from "../../../agent/local/verify.ts";
import { signingVectors, suite, temporaryVector } from "./sigv4-vectors.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

const partOf = (headers: Record<string, string>, part: "SignedHeaders" | "Signature") =>
  new RegExp(`${part}=([^,]+)`).exec(headers.authorization ?? "")?.[1];

const suiteSigner = createSigner({
  region: suite.region,
  service: suite.service,
  isContentHashSent: false,
});

const anyCall = fc.record({
  action: fc.stringMatching(/^[A-Z][A-Za-z]{2,30}$/),
  body: fc.uint8Array({ maxLength: 300 }),
  secretAccessKey: fc.string({ minLength: 1, maxLength: 60, unit: "binary-ascii" }),
  sessionToken: fc.option(fc.stringMatching(/^[A-Za-z0-9+/=]{1,200}$/), { nil: undefined }),
  region: fc.stringMatching(/^[a-z]{2}-[a-z]{4,9}-[1-9]$/),
  signedAtMs: fc.integer({ min: 0, max: 4_000_000_000 }).map((seconds) => seconds * 1_000),
});

type Call = typeof anyCall extends fc.Arbitrary<infer Value> ? Value : never;

const signCall = async (call: Call) => {
  const { region, body, secretAccessKey, sessionToken, signedAtMs } = call;
  const headers = await createSigner({ region }).sign(
    {
      method: "POST",
      host: `logs.${region}.amazonaws.com`,
      path: "/",
      headers: { "x-amz-target": `Logs_20140328.${call.action}` },
      body,
    },
    { accessKeyId: "AKIDEXAMPLE", secretAccessKey, sessionToken },
    signedAtMs,
  );
  const verify = createVerifier({
    accessKeyId: "AKIDEXAMPLE",
    secretAccessKey,
    region,
    service: "logs",
    ...(sessionToken !== undefined && { sessionToken }),
  });
  return { headers, verify, request: { method: "POST", target: "/", headers, body } };
};

describe("signer", () => {
  it("gives the signature pinned for a CreateLogGroup call", async () => {
    const signer = createSigner({ region: "us-east-1", isContentHashSent: false });

    const headers = await signer.sign(
      {
        method: "POST",
        host: "logs.us-east-1.amazonaws.com",
        path: "/",
        headers: {
          "content-type": "application/x-amz-json-1.1",
          "x-amz-target": "Logs_20140328.CreateLogGroup",
        },
        body: bytes('{"logGroupName":"testLogGroup"}'),
      },
      suite.credentials,
      suite.signedAtMs,
    );

    expect(partOf(headers, "SignedHeaders")).toBe("content-type;host;x-amz-date;x-amz-target");
    expect(partOf(headers, "Signature")).toBe(
      "d63acfb26868185504838c2b28054fedf4499823d78926f4b7647de94728b7d3",
    );
  });

  it.each(signingVectors)("agrees with AWS's suite on $name", async (vector) => {
    const { method, path, query, headers: given, body } = vector;

    const headers = await suiteSigner.sign(
      { method, host: suite.host, path, query, headers: given, body: bytes(body) },
      suite.credentials,
      suite.signedAtMs,
    );

    expect(headers.authorization).toBe(
      `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=${vector.signedHeaders}, Signature=${vector.signature}`,
    );
  });

  it("agrees with AWS's suite on temporary credentials", async () => {
    const { sessionToken, signedHeaders, signature } = temporaryVector;

    const headers = await suiteSigner.sign(
      { method: "POST", host: suite.host, path: "/", headers: {}, body: bytes("") },
      { ...suite.credentials, sessionToken },
      suite.signedAtMs,
    );

    expect(headers["x-amz-security-token"]).toBe(sessionToken);
    expect(partOf(headers, "SignedHeaders")).toBe(signedHeaders);
    expect(partOf(headers, "Signature")).toBe(signature);
  });

  it("signs everything it sends but the user agent", async () => {
    const signer = createSigner({ region: "eu-west-1" });

    const headers = await signer.sign(
      {
        method: "POST",
        host: "localhost:4567",
        path: "/",
        headers: { "content-encoding": "gzip", "user-agent": "someone" },
        body: bytes("{}"),
      },
      suite.credentials,
      suite.signedAtMs,
    );

    expect(partOf(headers, "SignedHeaders")).toBe(
      "content-encoding;host;x-amz-content-sha256;x-amz-date",
    );
    expect(Object.keys(headers).sort()).toEqual([
      "authorization",
      "content-encoding",
      "host",
      "user-agent",
      "x-amz-content-sha256",
      "x-amz-date",
    ]);
  });

  it("leaves the headers it is given as they are", async () => {
    const given = Object.freeze({ "X-Custom": "  two  words ", date: "yesterday" });

    await suiteSigner.sign(
      { method: "POST", host: suite.host, path: "/", headers: given, body: bytes("") },
      suite.credentials,
      suite.signedAtMs,
    );

    expect(given).toEqual({ "X-Custom": "  two  words ", date: "yesterday" });
  });

  it("signs for each caller with that caller's own keys at the same time", async () => {
    const signer = createSigner({ region: "us-east-1" });
    const signWith = (accessKeyId: string) =>
      signer.sign(
        { method: "POST", host: suite.host, path: "/", headers: {}, body: bytes("") },
        { accessKeyId, secretAccessKey: `secret of ${accessKeyId}` },
        suite.signedAtMs,
      );
    const inTurn = [await signWith("ONE"), await signWith("TWO")];

    const atOnce = await Promise.all([signWith("ONE"), signWith("TWO")]);

    expect(atOnce).toEqual(inTurn);
    expect(atOnce[0].authorization).not.toBe(atOnce[1].authorization);
  });

  it("is verified for any call, key, token, Region and time", async () => {
    await fc.assert(
      fc.asyncProperty(anyCall, async (call) => {
        const { verify, request } = await signCall(call);

        expect(() => verify(request, call.signedAtMs)).not.toThrow();
      }),
      { numRuns: 60 },
    );
  });

  it("does not cover another body, target, time or token than those signed", async () => {
    const anyChange = fc.constantFrom("body", "x-amz-target", "x-amz-date", "x-amz-security-token");
    await fc.assert(
      fc.asyncProperty(anyCall, anyChange, async (call, change) => {
        const { headers, verify, request } = await signCall(call);

        const forged =
          change === "body"
            ? { ...request, body: Uint8Array.from([...call.body, 32]) }
            : { ...request, headers: { ...headers, [change]: `${headers[change]}1` } };

        expect(() => verify(forged, call.signedAtMs)).toThrow();
      }),
      { numRuns: 40 },
    );
  });
});
