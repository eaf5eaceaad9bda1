import { createHash } from "node:crypto";
import { SignatureV4 } from "@smithy/signature-v4";
import { createSigningHash } from "./signing-hash.ts";

/** What AWS needs to know who asks. Never part of a message. */
export interface AwsCredentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string | undefined;
  /** When they stop being valid; undefined for keys that stay. */
  expiration?: Date | undefined;
}

/** An HTTP request as it goes on the wire, but for its signature. Header names in lower case. */
interface UnsignedRequest {
  method: string;
  /** As in the Host header: with the port unless it is the scheme's own. */
  host: string;
  path: string;
  query?: Record<string, string>;
  headers: Record<string, string>;
  body: Uint8Array;
}

/** Computes Signature Version 4 for one service in one Region. */
export interface Signer {
  /**
   * The headers to send: those given, `host`, `x-amz-date`, `authorization`, and where they apply
   * `x-amz-content-sha256` and `x-amz-security-token`. All but `authorization` and `user-agent`
   * are signed. The headers given are not changed.
   */
  sign(
    request: UnsignedRequest,
    credentials: AwsCredentials,
    signedAtMs: number,
  ): Promise<Record<string, string>>;
}

/** Settings of `createSigner`. */
export interface SignerOptions {
  region: string;
  /** Default: `logs`. */
  service?: string;
  /** Default: true. AWS's published vectors are signed without the content hash as a header. */
  isContentHashSent?: boolean;
}

const contentHashHeader = "x-amz-content-sha256";
const notSigned: Set<string> = new Set([contentHashHeader]);

/** The signing key is derived once a day and kept by `@smithy/signature-v4`. */
export const createSigner = (options: SignerOptions): Signer => {
  const { region, service = "logs", isContentHashSent = true } = options;
  const signing = isContentHashSent ? {} : { unsignableHeaders: notSigned };
  const sha256 = createSigningHash();
  let current: { credentials: AwsCredentials; signature: SignatureV4 } | undefined;

  const signatureFor = (credentials: AwsCredentials): SignatureV4 => {
    if (current?.credentials !== credentials) {
      const { accessKeyId, secretAccessKey, sessionToken } = credentials;
      const identity = { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) };
      const signature = new SignatureV4({ region, service, sha256, credentials: identity });
      current = { credentials, signature };
    }
    return current.signature;
  };

  return {
    sign: async (request, credentials, signedAtMs) => {
      const { method, host, path, query = {}, body } = request;
      const hash = createHash("sha256").update(body).digest("hex");
      const headers = { ...request.headers, host, [contentHashHeader]: hash };
      const signed = await signatureFor(credentials).sign(
        { method, protocol: "https:", hostname: host, path, query, headers },
        { signingDate: new Date(signedAtMs), ...signing },
      );
      if (!isContentHashSent) delete signed.headers[contentHashHeader];
      return signed.headers;
    },
  };
};
