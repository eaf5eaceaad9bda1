import { messageOf } from "../errors.ts";
import { type Packed, pack } from "./compress.ts";
import type { CredentialSource } from "./credentials.ts";
import { type Attempt, judge } from "./faults.ts";
import type { AwsCredentials, Signer } from "./sign.ts";
import type { Exchange, Transport } from "./transport.ts";

/** What one try of an action needs. */
export interface AttempterOptions {
  endpoint: URL;
  transport: Transport;
  signer: Signer;
  credentials: CredentialSource;
  /** Epoch ms by this machine's clock. */
  now: () => number;
  /** Compress bodies where that makes them smaller, until a server refuses it. */
  isGzip: boolean;
}

/** Tries actions, once each. */
export interface Attempter {
  /** `body` is the JSON of the request. Never rejects. */
  attempt(actionType: string, body: Uint8Array): Promise<Attempt>;
  /** AWS's clock minus this machine's by the latest answer, to 1 s. Undefined before the first. */
  clockOffsetMs(): number | undefined;
}

/** The corrections that one try may still make: each once, for an answer that applied nothing. */
interface Allowance {
  refresh: boolean;
  correctClock: boolean;
  plain: boolean;
}

/** Whether an answer to a compressed body may mean that the server cannot read it compressed. */
const isGzipRefusal = (exchange: Exchange): boolean =>
  exchange.kind === "response" &&
  (exchange.statuscode === 415 ||
    (exchange.statuscode === 400 && /Serialization|encoding|gzip/i.test(exchange.body)));

const dateOf = (exchange: Exchange): number | undefined => {
  const text = exchange.kind === "response" ? exchange.headers.date : undefined;
  const ms = Date.parse(text ?? "");
  return Number.isNaN(ms) ? undefined : ms;
};

/** The state that tries share: the clock's correction and whether gzip is understood. */
export const createAttempter = (options: AttempterOptions): Attempter => {
  const { endpoint, transport, signer, credentials, now } = options;
  let isGzip = options.isGzip;
  let correctionMs = 0;
  let offsetMs: number | undefined;

  const send = async (
    actionType: string,
    packed: Packed,
    identity: AwsCredentials,
  ): Promise<Exchange> => {
    const headers = {
      "content-type": "application/x-amz-json-1.1",
      "x-amz-target": `Logs_20140328.${actionType}`,
      "user-agent": "fleetlog",
      ...(packed.isGzip && { "content-encoding": "gzip" }),
    };
    const { host, pathname: path } = endpoint;
    const request = { method: "POST", host, path, headers, body: packed.body };
    const signed = await signer.sign(request, identity, now() + correctionMs);
    const exchange = await transport.post({ path, headers: signed, body: packed.body });
    const dateMs = dateOf(exchange);
    if (dateMs !== undefined) offsetMs = dateMs - now();
    return exchange;
  };

  const sendPlain = async (actionType: string, body: Uint8Array, identity: AwsCredentials) => {
    const exchange = await send(actionType, { body, isGzip: false }, identity);
    // A body that is refused both ways says nothing against gzip.
    if (exchange.kind === "response" && !isGzipRefusal(exchange)) isGzip = false;
    return exchange;
  };

  const tryOnce = async (
    actionType: string,
    body: Uint8Array,
    allowed: Allowance,
  ): Promise<Attempt> => {
    const identity = await credentials.get();
    const packed = isGzip && allowed.plain ? await pack(body) : { body, isGzip: false };
    let exchange = await send(actionType, packed, identity);
    if (packed.isGzip && isGzipRefusal(exchange)) {
      allowed.plain = false;
      exchange = await sendPlain(actionType, body, identity);
    }
    if (exchange.kind === "response" && exchange.statuscode < 300) return exchange;
    const { verdict } = judge(actionType, exchange);
    if (verdict === "refresh" && allowed.refresh) {
      allowed.refresh = false;
      if (await credentials.refresh(identity)) return tryOnce(actionType, body, allowed);
    }
    if (verdict === "correctClock" && allowed.correctClock && offsetMs !== undefined) {
      allowed.correctClock = false;
      correctionMs = offsetMs;
      return tryOnce(actionType, body, allowed);
    }
    return exchange;
  };

  return {
    attempt: async (actionType, body) => {
      try {
        const allowed = { refresh: true, correctClock: true, plain: true };
        return await tryOnce(actionType, body, allowed);
      } catch (thrown) {
        // Only credentials and signing throw, and both come before anything is sent.
        return { kind: "notSent", error: messageOf(thrown) };
      }
    },
    clockOffsetMs: () => offsetMs,
  };
};
