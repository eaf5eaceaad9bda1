import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createSigner } from "../../../agent/cloudwatch/sign.ts";
import { createVerifier } from "../../../agent/local/verify.ts";
import {
  createGroupVector,
  type SigningVector,
  signingVectors,
  vectorScope,
} from "../../support/signing-vectors.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

const partOf = (headers: Record<string, string>, part: "SignedHeaders" | "Signature") =>
  new RegExp(`${part}=([^,]+)`).exec(headers.authorization ?? "")?.[1];

const { accessKeyId, secretAccessKey, region: suiteRegion, service: suiteService } = vectorScope;
const suiteKeys = { accessKeyId, secretAccessKey };

const suiteSigner = createSigner({
  region: suiteRegion,
  service: suiteService,
  isContentHashSent: false,
});

/** Signs a published request; what the signer adds by itself is not given to it. */
const signVector = ({ method, target, headers: published, body }: SigningVector) => {
  const [path = "/", search = ""] = target.split("?");
  const {
    "x-amz-content-sha256": hash,
    "x-amz-security-token": sessionToken,
    ...given
  } = Object.fromEntries(
    Object.entries(published).map(([name, value]) => [name, [value].flat().join(",")]),
  );
  const signer = createSigner({
    region: suiteRegion,
    service: suiteService,
    isContentHashSent: hash !== undefined,
  });
  const query = Object.fromEntries(new URLSearchParams(search));
  return signer.sign(
    { method, host: vectorScope.host, path, query, headers: given, body: bytes(body) },
    { ...suiteKeys, sessionToken },
    vectorScope.dateMs,
  );
};

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
    const { region, service, host, contentType, target, body } = createGroupVector;
    const signer = createSigner({ region, service, isContentHashSent: false });

    const headers = await signer.sign(
      {
        method: "POST",
        host,
        path: "/",
        headers: { "content-type": contentType, "x-amz-target": target },
        body: bytes(body),
      },
      suiteKeys,
      vectorScope.dateMs,
    );

    expect(partOf(headers, "SignedHeaders")).toBe(createGroupVector.signedHeaders);
    expect(partOf(headers, "Signature")).toBe(createGroupVector.signature);
  });

  it.each(signingVectors)("agrees with AWS's suite on $name", async (vector) => {
    const headers = await signVector(vector);

    expect(headers.authorization).toBe(
      `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=${vector.signedHeaders}, Signature=${vector.signature}`,
    );
    expect(headers["x-amz-security-token"]).toBe(vector.headers["x-amz-security-token"]);
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
      suiteKeys,
      vectorScope.dateMs,
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
      { method: "POST", host: vectorScope.host, path: "/", headers: given, body: bytes("") },
      suiteKeys,
      vectorScope.dateMs,
    );

    expect(given).toEqual({ "X-Custom": "  two  words ", date: "yesterday" });
  });

  it("signs for each caller with that caller's own keys at the same time", async () => {
    const signer = createSigner({ region: "us-east-1" });
    const signWith = (accessKeyId: string) =>
      signer.sign(
        { method: "POST", host: vectorScope.host, path: "/", headers: {}, body: bytes("") },
        { accessKeyId, secretAccessKey: `secret of ${accessKeyId}` },
        vectorScope.dateMs,
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
