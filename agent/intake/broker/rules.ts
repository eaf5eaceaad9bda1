import type {
  AedesOptions,
  AuthenticateError,
  Client,
  ConnectPacket,
  PublishPacket,
  Subscription,
} from "aedes";
import { endError } from "./end.ts";

/** Longest client id; a device's is at most 64. */
const clientIdLimit = 256;

/** Frames go at QoS 0 and 1; the broker keeps what goes at QoS 2 until it is released. */
const inflightLimit = 16;

/**
 * Keep-alive of clients that ask for none, or for more: one that is gone is noticed, and one with
 * nothing to say connects again where it must.
 */
const keepAliveLimitSeconds = 3_600;

/** What the broker asks about its clients. */
export interface RulesOptions {
  /** Judges a message, and takes it where that is allowed; a will comes when its connection has ended. */
  publish(client: Client | null, packet: PublishPacket): Error | null;
  maySubscribe(client: Client, subscription: Subscription): boolean;
  /** A will that is refused is left out, its client is accepted. */
  mayLeave(client: Client, will: ConnectPacket): boolean;
  /** Whether the name and password are good; absent where everyone is welcome. */
  check?(
    client: Client,
    name: string | undefined,
    password: Uint8Array | undefined,
  ): Promise<boolean>;
  /** A client sent its CONNECT; more than a step may pass until it is judged. */
  onConnect?(client: Client, keepAliveMs: number): void;
  onAdmitted(client: Client): void;
  /** Whether a client that asks for it finds its subscriptions, and what came meanwhile, when it returns. */
  keepsSessions: boolean;
  /** How long a client may leave what it was sent unread; 10 s. */
  unreadLimitMs?: number;
}

/** Return codes of CONNACK. */
const codes = { version: 1, client_id: 2, credentials: 4 } as const;

/** MQTT 3.1, 3.1.1. */
const versions: readonly (number | undefined)[] = [3, 4];

const refusalOf = ({ clean, clientId, protocolVersion }: ConnectPacket) => {
  if (!versions.includes(protocolVersion)) {
    const message = `it speaks MQTT version ${protocolVersion}, this broker 3.1 and 3.1.1`;
    return { reason: "version", message } as const;
  }
  if (clientId === "" && (!clean || protocolVersion === 3)) {
    const message = "it has no client id, which only a clean session of MQTT 3.1.1 may";
    return { reason: "client_id", message } as const;
  }
  if (clientId.length <= clientIdLimit) return null;
  const message = `its client id has ${clientId.length} characters where ${clientIdLimit} is the limit`;
  return { reason: "client_id", message } as const;
};

/** Ids count within a name, which has no colon: nobody takes the place of a client of another name. */
const idOf = ({ clientId, username }: ConnectPacket): string =>
  clientId === "" || username === undefined ? clientId : `${username}:${clientId}`;

const preConnect =
  (options: RulesOptions): NonNullable<AedesOptions["preConnect"]> =>
  (client, packet, done) => {
    const { check, keepsSessions, mayLeave, onConnect } = options;
    const { keepalive = 0, will } = packet;
    packet.keepalive = Math.min(keepalive || keepAliveLimitSeconds, keepAliveLimitSeconds);
    onConnect?.(client, packet.keepalive * 1_000);
    const refused = refusalOf(packet);
    if (refused !== null) {
      client.conn.write(Uint8Array.of(0x20, 2, 0, codes[refused.reason]));
      done(endError(refused.reason, refused.message), false);
      return;
    }
    if (check !== undefined) packet.clientId = idOf(packet);
    packet.clean ||= !keepsSessions;
    if (will !== undefined && !mayLeave(client, packet)) delete packet.will;
    done(null, true);
  };

const authenticate =
  ({ check, onAdmitted }: RulesOptions): NonNullable<AedesOptions["authenticate"]> =>
  (client, name, password, done) => {
    const refuse = (message: string): void => {
      const error = endError("credentials", message);
      done(Object.assign(error, { returnCode: codes.credentials }) as AuthenticateError, false);
    };
    const admit = (): void => {
      onAdmitted(client);
      done(null, true);
    };
    if (check === undefined) {
      admit();
      return;
    }
    check(client, name, password).then(
      (isGood) => (isGood ? admit() : refuse("its name or password is wrong")),
      () => refuse("its password cannot be checked"),
    );
  };

/** What Aedes is made to do, and to refuse. */
export const createRules = (options: RulesOptions): AedesOptions => ({
  // Without it messages to a client that does not read would hold up those to all others.
  concurrency: 0,
  drainTimeout: options.unreadLimitMs ?? 10_000,
  maxInflightInbound: inflightLimit,
  maxClientsIdLength: Number.POSITIVE_INFINITY,
  preConnect: preConnect(options),
  authenticate: authenticate(options),
  authorizePublish(client, packet, done) {
    done(options.publish(client, packet));
  },
  authorizeSubscribe(client, subscription, done) {
    done(null, options.maySubscribe(client, subscription) ? subscription : null);
  },
  authorizeForward: ({ conn }, packet) => (conn.writableNeedDrain ? null : packet),
});
