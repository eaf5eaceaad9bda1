import { type BackoffOptions, createBackoff } from "./backoff.ts";

/** How an attempt, or a connection that stood, came to its end. */
export interface Ending {
  /** Continues `Broker "..." is gone: `. */
  cause: string;
  /** `taken`: the broker says that another client has come with this id. `closed`: it says nothing. */
  kind: "failed" | "closed" | "taken";
  /** How long it stood; null if it never did. */
  livedMs: number | null;
}

export interface FailuresOptions extends BackoffOptions {
  /** The broker's URL as it may be shown. */
  url: string;
  clientId: string;
  onTrouble(message: string): void;
}

/** What follows from the failures of a connection: what is said, and how long to wait. */
export interface Failures {
  /** Milliseconds until the next attempt. */
  ended(ending: Ending): number;
  stands(): void;
}

/** A connection that stood this long ends what failed before it. */
const settledMs = 60_000;

/** Connections in a row that the broker closes before that: then another client may have the id. */
const suspicion = 3;

export const createFailures = (options: FailuresOptions): Failures => {
  const { url, clientId, onTrouble } = options;
  const backoff = createBackoff(options);
  let closedSoon = 0;
  let hasFailed = false;

  const messageFor = ({ cause, kind, livedMs }: Ending): string => {
    if (kind === "taken") {
      return `Another client has taken over client id "${clientId}" on broker "${url}": two agents run with one "mqtt.clientId", or on copies of one "data", stop one`;
    }
    if (closedSoon >= suspicion) {
      return `Broker "${url}" closes each connection of client id "${clientId}" within a minute: perhaps another agent runs with the same "mqtt.clientId", or on a copy of "data", stop one`;
    }
    return livedMs === null
      ? `Cannot connect to broker "${url}": ${cause}, trying again, check "mqtt.url" and its credentials`
      : `Broker "${url}" is gone, trying again: ${cause}`;
  };
  return {
    ended(ending) {
      const { kind, livedMs } = ending;
      if (livedMs !== null && livedMs >= settledMs) {
        backoff.forget();
        closedSoon = 0;
      } else if (livedMs !== null) closedSoon = kind === "closed" ? closedSoon + 1 : 0;
      hasFailed = true;
      onTrouble(messageFor(ending));
      return backoff.nextMs();
    },
    stands() {
      if (hasFailed) onTrouble(`Broker "${url}" is back`);
      hasFailed = false;
    },
  };
};
