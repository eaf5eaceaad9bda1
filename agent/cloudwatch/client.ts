import { setTimeout as wait } from "node:timers/promises";
import { AgentError } from "../errors.ts";
import type { ParamsOf } from "./actions.ts";
import { type Attempter, createAttempter } from "./attempt.ts";
import { type CredentialProvider, createCredentialSource } from "./credentials.ts";
import { encodeAction } from "./encode.ts";
import { type Environment, resolveEndpoint } from "./endpoint.ts";
import { type Attempt, judge } from "./faults.ts";
import { findRegion } from "./region.ts";
import { createRetrier, createRetryBudget, type Sleep } from "./retry.ts";
import { type AwsCredentials, createSigner } from "./sign.ts";
import { createTransport, type Transport, type TransportOptions } from "./transport.ts";

/** An answer of CloudWatch, be it success or error: then `JSON.parse(body).message` says why. */
export interface AnswerTable {
  /** JSON text; empty where the answer is empty. */
  body: string;
  statuscode: number;
  /** Names in lower case, among them `x-amzn-requestid`, `connection`, `date`, `content-length`. */
  headers: Record<string, string>;
  error?: undefined;
}

/** No answer, after all retries. */
export interface NoAnswerTable {
  error: string;
  statuscode: 0;
  body: "";
  headers: Record<string, never>;
}

/** The parameters could not be encoded: `error` names the one at fault, and is the only key. */
export interface UnencodedTable {
  error: string;
  statuscode?: undefined;
  body?: undefined;
  headers?: undefined;
}

/** What `action` gives: an answer has no `error`. */
export type ResponseTable = AnswerTable | NoAnswerTable | UnencodedTable;

/** Settings of `AWSCloudWatchLogs`; none is needed. */
export interface CloudWatchLogsOptions extends Partial<Omit<TransportOptions, "origin">> {
  /** Goes with the two keys where they are temporary. */
  sessionToken?: string | undefined;
  /** URL of another endpoint than the Region's. Default: AWS's environment variables. */
  endpoint?: string | undefined;
  /** Asked for credentials where no keys are given. Default: the standard provider chain. */
  credentials?: CredentialProvider | undefined;
  useFips?: boolean | undefined;
  useDualStack?: boolean | undefined;
  /** Most tries of one `action`, 1 or more. Default: `AWS_MAX_ATTEMPTS`, else 3. */
  attempts?: number | undefined;
  /** Retries that calls may owe together, 5 to a retry. Default: 500. */
  retryBudget?: number | undefined;
  /** Compress bodies where that makes them smaller. Default: true. */
  gzip?: boolean | undefined;
  /** AWS's and the proxies' variables. Default: `process.env`. */
  environment?: Environment;
  /** Epoch ms. Default: `Date.now`. */
  now?: (() => number) | undefined;
  sleep?: Sleep | undefined;
  /** In [0, 1). Default: `Math.random`. */
  random?: (() => number) | undefined;
}

/** Called with one table, once, after `action` has returned. */
export type ActionCallback = (table: ResponseTable) => void;

type Perform = (body: Uint8Array, actionType: string) => Promise<Attempt>;

const attemptsOf = (options: CloudWatchLogsOptions, environment: Environment): number => {
  const text = environment.AWS_MAX_ATTEMPTS || "3";
  const attempts = options.attempts ?? Number(text);
  if (Number.isInteger(attempts) && attempts >= 1) return attempts;
  throw new AgentError("ATTEMPTS_INVALID", `Cannot try ${attempts} times: give an integer from 1`);
};

const keysOf = (
  accessKeyId: string | null | undefined,
  secretAccessKey: string | null | undefined,
  sessionToken: string | undefined,
): AwsCredentials | undefined => {
  if (accessKeyId == null && secretAccessKey == null) return undefined;
  return { accessKeyId: accessKeyId ?? "", secretAccessKey: secretAccessKey ?? "", sessionToken };
};

const createPerform = (
  attempter: Attempter,
  options: CloudWatchLogsOptions,
  attempts: number,
): Perform => {
  const retry = createRetrier({
    attempts,
    budget: createRetryBudget(options.retryBudget ?? 500),
    sleep: options.sleep ?? wait,
    random: options.random ?? Math.random,
  });
  return (body, actionType) =>
    retry(
      () => attempter.attempt(actionType, body),
      (attempt) => judge(actionType, attempt),
    );
};

const tableOf = (attempt: Attempt): ResponseTable => {
  if (attempt.kind === "response") {
    const { body, statuscode, headers } = attempt;
    return { body, statuscode, headers };
  }
  if (attempt.kind === "invalid") return { error: attempt.error };
  return { error: attempt.error, statuscode: 0, body: "", headers: {} };
};

/**
 * Performs actions of Amazon CloudWatch Logs, signed, over kept-alive connections.
 *
 * ```ts
 * const logs = new AWSCloudWatchLogs("eu-west-1", accessKeyId, secretAccessKey);
 * const table = await logs.action(AWS_CLOUDWATCH_LOGS_ACTION_CREATE_LOG_GROUP, {
 *   logGroupName: "doors",
 * });
 * if (!("error" in table)) console.log(table.statuscode);
 * ```
 */
export class AWSCloudWatchLogs {
  // Private to the language too, so that printing a client cannot show its keys.
  readonly #attempter: Attempter;
  readonly #perform: Perform;
  readonly #transport: Transport;

  /**
   * Without keys and `credentials` the standard provider chain is asked at the first call. Throws
   * `ENDPOINT_INVALID`, `PROXY_INVALID`, `CREDENTIALS_UNAVAILABLE` (one key without the other) or
   * `ATTEMPTS_INVALID`.
   *
   * @param region Such as `eu-west-1`; where it is missing, that of AWS's variables or profile.
   */
  constructor(
    region?: string | null,
    accessKeyId?: string | null,
    secretAccessKey?: string | null,
    options: CloudWatchLogsOptions = {},
  ) {
    const { environment = process.env, now = Date.now } = options;
    const place = region ?? findRegion(environment) ?? "";
    const endpoint = resolveEndpoint({ ...options, region: place, environment });
    const keys = keysOf(accessKeyId, secretAccessKey, options.sessionToken);
    const credentials = createCredentialSource({ keys, provider: options.credentials, now });
    const attempts = attemptsOf(options, environment);
    this.#transport = createTransport({ ...options, origin: endpoint.origin, environment });
    this.#attempter = createAttempter({
      endpoint,
      transport: this.#transport,
      signer: createSigner({ region: place }),
      credentials,
      now,
      isGzip: options.gzip ?? true,
    });
    this.#perform = createPerform(this.#attempter, options, attempts);
  }

  /**
   * Performs an action and repeats it as AWS's SDKs do. Without a callback it returns a promise of
   * the same table, which never rejects. An action that is not known is sent as it is.
   */
  action<Action extends string>(
    actionType: Action,
    actionParams: ParamsOf<Action>,
    callback?: null,
  ): Promise<ResponseTable>;
  action<Action extends string>(
    actionType: Action,
    actionParams: ParamsOf<Action>,
    callback: ActionCallback,
  ): undefined;
  action(
    actionType: string,
    actionParams: object,
    callback?: ActionCallback | null,
  ): Promise<ResponseTable> | undefined {
    const encoded = encodeAction(actionType, actionParams);
    const table = encoded.ok
      ? this.#perform(Buffer.from(encoded.text), actionType).then(tableOf)
      : Promise.resolve({ error: encoded.error });
    if (typeof callback !== "function") return table;
    // Outside the promise, so that what a callback throws is not taken for a rejection.
    void table.then((given) => setImmediate(callback, given));
    return undefined;
  }

  /**
   * One try on the wire, for callers that decide themselves what follows (`judge` in `faults.ts`
   * tells). Only what surely applied nothing is repeated, once each: with the clock corrected, with
   * new credentials, without gzip. Never rejects.
   */
  attempt<Action extends string>(
    actionType: Action,
    actionParams: ParamsOf<Action>,
  ): Promise<Attempt> {
    const encoded = encodeAction(actionType, actionParams);
    return encoded.ok
      ? this.attemptEncoded(actionType, Buffer.from(encoded.text))
      : Promise.resolve({ kind: "invalid", error: encoded.error });
  }

  /** As `attempt`, with the JSON body already encoded. The body must not change until it settles. */
  attemptEncoded(actionType: string, body: Uint8Array): Promise<Attempt> {
    return this.#attempter.attempt(actionType, body);
  }

  /**
   * AWS's clock minus this machine's in ms, by the latest answer's `Date`, which has whole seconds.
   * Undefined before the first answer.
   */
  clockOffsetMs(): number | undefined {
    return this.#attempter.clockOffsetMs();
  }

  /**
   * Resolves once all connections are closed: when the calls under way have ended, or after
   * `graceMs`, which leaves them without an answer.
   */
  close(graceMs?: number): Promise<void> {
    return this.#transport.close(graceMs);
  }
}
