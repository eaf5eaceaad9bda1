import { invalidParameter, notFound } from "../service-error.ts";
import type { StoredGroup, StoredStream } from "../store/store.ts";
import type { ActionContext } from "./action.ts";

/** How a caller may name a log group: one of the two. */
export interface GroupReference {
  logGroupName?: string;
  /** The name, or an ARN. */
  logGroupIdentifier?: string;
}

/** The ARN of a log group, without the `:*` that some answers add. */
export const groupArn = (name: string, context: ActionContext): string =>
  `arn:aws:logs:${context.region}:${context.accountId}:log-group:${name}`;

/** The name inside an ARN of this account and Region; other text is taken for a name. */
export const nameInArn = (identifier: string, context: ActionContext): string => {
  const prefix = groupArn("", context);
  return identifier.startsWith(prefix) ? identifier.slice(prefix.length) : identifier;
};

/** The group a caller means, or the service's refusal. */
export const findGroup = (reference: GroupReference, context: ActionContext): StoredGroup => {
  const { logGroupName: name, logGroupIdentifier: identifier } = reference;
  if ((name === undefined) === (identifier === undefined)) {
    throw invalidParameter("Exactly one of logGroupName and logGroupIdentifier must be given.");
  }
  const group = context.store.group(name ?? nameInArn(identifier ?? "", context));
  if (!group) throw notFound("log group");
  return group;
};

/** The stream a caller means, or the service's refusal. */
export const findStream = (group: StoredGroup, name: string): StoredStream => {
  const stream = group.streams.get(name);
  if (!stream) throw notFound("log stream");
  return stream;
};

const dayMs = 86_400_000;

/** Events stamped before are past the group's retention. */
export const expiresBeforeMs = (group: StoredGroup, nowMs: number): number =>
  group.retentionInDays === undefined ? 0 : nowMs - group.retentionInDays * dayMs;

/** Sorts as the service lists names: by code unit. */
export const compareNames = (left: string, right: string): number =>
  left < right ? -1 : left > right ? 1 : 0;
