import { AgentError, messageOf } from "../errors.ts";
import type { AwsCredentials } from "./sign.ts";

/** Gives credentials, as the providers of `@aws-sdk/credential-providers` do. */
export type CredentialProvider = () => Promise<AwsCredentials>;

/** The credentials of a client, fresh enough to sign with. */
export interface CredentialSource {
  /** Rejects with `CREDENTIALS_UNAVAILABLE`, whose message holds no secret. */
  get(): Promise<AwsCredentials>;
  /**
   * Asks the provider again, for AWS refused `refused`. Resolves false where that cannot help:
   * explicit keys, or a provider asked less than `refreshPauseMs` ago that had nothing newer.
   */
  refresh(refused: AwsCredentials): Promise<boolean>;
}

/** Settings of `createCredentialSource`. Neither keys nor provider: the standard chain. */
export interface CredentialOptions {
  keys?: AwsCredentials | undefined;
  provider?: CredentialProvider | undefined;
  /** Epoch ms. */
  now: () => number;
  /** Makes the standard provider chain. Default: that of `@aws-sdk/credential-providers`. */
  loadChain?: (() => Promise<CredentialProvider>) | undefined;
}

/** Credentials are renewed this long before they expire, as AWS's SDKs do. */
export const renewBeforeMs: number = 5 * 60_000;

/** Least time between two renewals, and between two refreshes after a refusal. */
export const refreshPauseMs: number = 30_000;

const loadStandardChain = async (): Promise<CredentialProvider> => {
  // Loaded only when used: it and what it needs take 80 ms and 12 MB.
  const { fromNodeProviderChain } = await import("@aws-sdk/credential-providers");
  // A chain remembers what it found, so a question that must be answered anew needs a new chain.
  return () => fromNodeProviderChain({ ignoreCache: true })();
};

/** Secret keys are 40 characters long, session tokens longer. Paths and words rarely are. */
const secretLike: RegExp = /[A-Za-z0-9+/=]{40,}/g;

/** A text without what may be a secret in it: a parser's excerpt of its input, long keys. */
export const withoutSecrets = (text: string): string =>
  text.replace(/\S+ .{0,200} is not valid JSON/s, "not valid JSON").replace(secretLike, "[hidden]");

const checked = (given: AwsCredentials): AwsCredentials => {
  const { accessKeyId, secretAccessKey, sessionToken, expiration } = given ?? {};
  if (typeof accessKeyId !== "string" || accessKeyId === "") {
    throw new Error("there is no access key id");
  }
  if (typeof secretAccessKey !== "string" || secretAccessKey === "") {
    throw new Error("there is no secret access key");
  }
  return { accessKeyId, secretAccessKey, sessionToken, expiration };
};

const unavailable = (thrown: unknown): AgentError =>
  new AgentError(
    "CREDENTIALS_UNAVAILABLE",
    `Cannot get AWS credentials: ${withoutSecrets(messageOf(thrown))}`,
  );

const isUsable = (held: AwsCredentials, atMs: number): boolean =>
  held.expiration === undefined || held.expiration.getTime() > atMs;

const isSame = (one: AwsCredentials, other: AwsCredentials): boolean =>
  one.accessKeyId === other.accessKeyId &&
  one.secretAccessKey === other.secretAccessKey &&
  one.sessionToken === other.sessionToken;

const createKeySource = (keys: AwsCredentials): CredentialSource => {
  let held: AwsCredentials;
  try {
    held = checked(keys);
  } catch (thrown) {
    throw unavailable(thrown);
  }
  return { get: () => Promise.resolve(held), refresh: () => Promise.resolve(false) };
};

const createProviderSource = (
  load: () => Promise<CredentialProvider>,
  now: () => number,
): CredentialSource => {
  let provider: CredentialProvider | undefined;
  let held: AwsCredentials | undefined;
  let renewedAtMs = Number.NEGATIVE_INFINITY;
  let refreshedAtMs = Number.NEGATIVE_INFINITY;
  let pending: Promise<AwsCredentials> | undefined;

  const fetchNow = async (): Promise<AwsCredentials> => {
    try {
      provider ??= await load();
      held = checked(await provider());
      return held;
    } catch (thrown) {
      throw unavailable(thrown);
    } finally {
      pending = undefined;
    }
  };
  // Calls that ask while an answer is under way share it.
  const ask = (): Promise<AwsCredentials> => {
    pending ??= fetchNow();
    return pending;
  };

  const get = async (): Promise<AwsCredentials> => {
    if (held === undefined || !isUsable(held, now())) return ask();
    if (!isUsable(held, now() + renewBeforeMs) && now() - renewedAtMs >= refreshPauseMs) {
      // Still valid, so a provider that fails now is asked again later and stops nothing.
      renewedAtMs = now();
      ask().catch(() => undefined);
    }
    return held;
  };
  const refresh = async (refused: AwsCredentials): Promise<boolean> => {
    if (held !== undefined && !isSame(held, refused)) return true;
    if (pending === undefined) {
      if (now() - refreshedAtMs < refreshPauseMs) return false;
      refreshedAtMs = now();
    }
    const fresh = await ask().catch(() => refused);
    return !isSame(fresh, refused);
  };
  return { get, refresh };
};

/** Explicit keys, else the provider given, else the standard chain, loaded at the first call. */
export const createCredentialSource = (options: CredentialOptions): CredentialSource => {
  const { keys, provider, now, loadChain = loadStandardChain } = options;
  if (keys !== undefined) return createKeySource(keys);
  return createProviderSource(
    provider === undefined ? loadChain : () => Promise.resolve(provider),
    now,
  );
};
