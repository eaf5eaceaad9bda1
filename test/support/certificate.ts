import { generateKeyPairSync, sign } from "node:crypto";

/** A server's identity, both parts in PEM. */
export interface Certificate {
  key: string;
  cert: string;
}

const tagOf = {
  integer: 0x02,
  bits: 0x03,
  octets: 0x04,
  oid: 0x06,
  text: 0x0c,
  time: 0x17,
  sequence: 0x30,
  set: 0x31,
  address: 0x87,
  version: 0xa0,
  extensions: 0xa3,
} as const;

/** One element of DER: its tag, its length, its content. */
const der = (tag: keyof typeof tagOf, ...content: (Uint8Array | string)[]): Buffer => {
  const body = Buffer.concat(content.map((part) => Buffer.from(part)));
  const length = body.length < 128 ? [body.length] : [0x82, body.length >> 8, body.length & 255];
  return Buffer.concat([Buffer.from([tagOf[tag], ...length]), body]);
};

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

const commonName = bytes(0x55, 0x04, 0x03);
const alternativeName = bytes(0x55, 0x1d, 0x11);
const ecdsaWithSha256 = bytes(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02);

const dayMs = 86_400_000;

/** `YYMMDDhhmmssZ` */
const utcTime = (epochMs: number): Buffer =>
  der("time", `${new Date(epochMs).toISOString().replace(/\D/g, "").slice(2, 14)}Z`);

/** A certificate for 127.0.0.1, signed by itself, good for a day. */
export const loopbackCertificate = (): Certificate => {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const algorithm = der("sequence", der("oid", ecdsaWithSha256));
  const name = der(
    "sequence",
    der("set", der("sequence", der("oid", commonName), der("text", "loopback"))),
  );
  const nowMs = Date.now();
  const address = der("sequence", der("address", bytes(127, 0, 0, 1)));
  const extension = der("sequence", der("oid", alternativeName), der("octets", address));
  const content = der(
    "sequence",
    der("version", der("integer", bytes(2))),
    der("integer", bytes(1)),
    algorithm,
    name,
    der("sequence", utcTime(nowMs - dayMs), utcTime(nowMs + dayMs)),
    name,
    publicKey.export({ type: "spki", format: "der" }),
    der("extensions", der("sequence", extension)),
  );
  const signature = der("bits", bytes(0), sign("sha256", content, privateKey));
  const whole = der("sequence", content, algorithm, signature).toString("base64");
  return {
    key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${whole}\n-----END CERTIFICATE-----\n`,
  };
};
