import { describe, expect, it } from "vitest";
import { createVerifier } from "../../../agent/local/verify.ts";
import { signatureMismatch } from "../../support/cloudwatch-facts.ts";
import {
  createGroupVector,
  type SigningVector,
  signingVectors,
  vectorScope,
} from "../../support/signing-vectors.ts";

const authorization = (service: string, signedHeaders: string, signature: string): string => {
  const { accessKeyId, date, region } = vectorScope;
  const credential = `${accessKeyId}/${date.slice(0, 8)}/${region}/${service}/aws4_request`;
  return `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${signedHeaders}, Signature=${signature}`;
};

const requestOf = (vector: SigningVector) => ({
  method: vector.method,
  target: vector.target,
  headers: {
    host: vectorScope.host,
    "x-amz-date": vectorScope.date,
    ...vector.headers,
    authorization: authorization(vectorScope.service, vector.signedHeaders, vector.signature),
  },
  body: Buffer.from(vector.body),
});

const verifierFor = (vector: SigningVector) => {
  const sessionToken = vector.headers["x-amz-security-token"];
  return createVerifier({
    ...vectorScope,
    ...(typeof sessionToken === "string" ? { sessionToken } : {}),
  });
};

describe("verifier", () => {
  it.each(signingVectors)("accepts AWS's published request $name", (vector) => {
    const verify = verifierFor(vector);

    expect(() => verify(requestOf(vector), vectorScope.dateMs)).not.toThrow();
  });

  it.each(signingVectors)("refuses $name with one more byte in its body", (vector) => {
    const verify = verifierFor(vector);
    const request = { ...requestOf(vector), body: Buffer.from(`${vector.body}x`) };

    expect(() => verify(request, vectorScope.dateMs)).toThrow(signatureMismatch.message);
  });

  it("accepts the CreateLogGroup call the original library signed", () => {
    const { region, service, host, body, target, contentType, signedHeaders, signature } =
      createGroupVector;
    const verify = createVerifier({ ...vectorScope, region, service });
    const headers = {
      host,
      "content-type": contentType,
      "x-amz-date": vectorScope.date,
      "x-amz-target": target,
      authorization: authorization(service, signedHeaders, signature),
    };

    const request = { method: "POST", target: "/", headers, body: Buffer.from(body) };

    expect(() => verify(request, vectorScope.dateMs)).not.toThrow();
  });

  it("takes the time from the date header where there is no x-amz-date", () => {
    const verify = createVerifier(vectorScope);
    const request = requestOf(signingVectors[0] as SigningVector);
    const { "x-amz-date": _, ...headers } = request.headers;
    const dated = { ...headers, date: "Sun, 30 Aug 2015 12:30:00 GMT" };

    expect(() => verify({ ...request, headers: dated }, vectorScope.dateMs)).toThrow(
      "Signature expired: 20150830T123000Z is now earlier than 20150830T123100Z",
    );
  });
});
