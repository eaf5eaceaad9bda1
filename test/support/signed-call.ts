import { Sha256 } from "@aws-crypto/sha256-js";
import { SignatureV4 } from "@smithy/signature-v4";
import { testKeys } from "./local-endpoint.ts";

export interface SignedCallOptions {
  action?: string;
  body?: string | Uint8Array;
  accessKeyId?: string;
  secretAccessKey?: string;
  region?: string;
  service?: string;
  /** When the call is signed. Default now. */
  date?: Date;
  /** Signed along with the usual ones. */
  headers?: Record<string, string>;
}

/** A request ready for `fetch`, to be spoilt by a test before it is sent. */
export interface SignedCall {
  method: "POST";
  headers: Record<string, string>;
  body: string | Uint8Array;
}

/** Signs a call with the reference signer. */
export const signCall = async (
  url: string,
  options: SignedCallOptions = {},
): Promise<SignedCall> => {
  const { host, hostname, port } = new URL(url);
  const { action = "DescribeLogGroups", body = "{}", date = new Date() } = options;
  const signer = new SignatureV4({
    service: options.service ?? "logs",
    region: options.region ?? "us-east-1",
    credentials: {
      accessKeyId: options.accessKeyId ?? testKeys.accessKeyId,
      secretAccessKey: options.secretAccessKey ?? testKeys.secretAccessKey,
    },
    sha256: Sha256,
    applyChecksum: false,
  });
  const unsigned = {
    method: "POST" as const,
    protocol: "http:",
    hostname,
    port: Number(port),
    path: "/",
    headers: {
      host,
      "content-type": "application/x-amz-json-1.1",
      "x-amz-target": `Logs_20140328.${action}`,
      ...options.headers,
    },
    body,
  };
  const { headers } = await signer.sign(unsigned, { signingDate: date });
  return { method: "POST", headers, body };
};
