/** Why a connection did not end by the client's word. */
export type EndReason =
  /** No CONNECT was accepted in time. */
  | "no_connect"
  /** Too many connections, or too many without a CONNECT. */
  | "crowded"
  | "tls"
  /** No MQTT, or not as MQTT demands. */
  | "malformed"
  | "too_large"
  | "version"
  | "client_id"
  | "credentials"
  /** It published where it may not. */
  | "forbidden"
  | "keep_alive"
  /** It left what it was sent unread. */
  | "not_reading"
  /** The network, or the client without a word. */
  | "lost";

/** What ends a connection: for people, and the reason it is counted under. */
export const endError = (reason: EndReason, message: string): Error =>
  Object.assign(new Error(message), { reason });

/** What Aedes says of the ends it brings about itself; of all others the parser. */
const aedesReasons = new Map<string, EndReason>([
  ["keep alive timeout", "keep_alive"],
  ["drain timeout", "not_reading"],
  ["connection closed", "lost"],
  ["identifier rejected", "client_id"],
]);

export const reasonOf = (error: Error): EndReason => {
  if ("reason" in error) return error.reason as EndReason;
  if ("syscall" in error) return "lost";
  return aedesReasons.get(error.message) ?? "malformed";
};
