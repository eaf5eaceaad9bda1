import { retentionDays } from "../../cloudwatch/limits.ts";
import { alreadyExists, invalidParameter, notFound, refusal } from "../service-error.ts";
import type { LogGroupClass, StoredGroup } from "../store/store.ts";
import { nameToken, parseNameToken } from "../token.ts";
import { type Action, type ActionContext, defineAction } from "./action.ts";
import { compareNames, findGroup, groupArn, nameInArn } from "./names.ts";
import { describeLimit, flag, logGroupClass, logGroupName, nextToken, tags } from "./rules.ts";

interface CreateInput {
  logGroupName: string;
  kmsKeyId?: string;
  tags?: Record<string, string>;
  logGroupClass?: LogGroupClass;
}

/** Creates a log group. */
export const createLogGroup: Action = defineAction<CreateInput>(
  {
    kind: "structure",
    required: ["logGroupName"],
    members: {
      logGroupName,
      kmsKeyId: { kind: "string", max: 256 },
      tags,
      logGroupClass,
    },
  },
  (input, { store, nowMs }) => {
    if (input.logGroupName.startsWith("aws/")) {
      throw invalidParameter("Log groups starting with AWS/ are reserved for AWS.");
    }
    if (store.group(input.logGroupName)) throw alreadyExists("log group");
    store.createGroup({
      name: input.logGroupName,
      creationMs: nowMs,
      logGroupClass: input.logGroupClass ?? "STANDARD",
      tags: input.tags ?? {},
      kmsKeyId: input.kmsKeyId,
    });
    return undefined;
  },
);

/** Deletes a log group with its streams and events. */
export const deleteLogGroup: Action = defineAction<{ logGroupName: string }>(
  { kind: "structure", required: ["logGroupName"], members: { logGroupName } },
  (input, context) => {
    context.store.deleteGroup(findGroup(input, context));
    return undefined;
  },
);

/** Sets how many days a group keeps its events. */
export const putRetentionPolicy: Action = defineAction<{
  logGroupName: string;
  retentionInDays: number;
}>(
  {
    kind: "structure",
    required: ["logGroupName", "retentionInDays"],
    members: { logGroupName, retentionInDays: { kind: "integer", oneOf: retentionDays } },
  },
  (input, context) => {
    const group = findGroup({ logGroupName: input.logGroupName }, context);
    context.store.setRetention(group, input.retentionInDays);
    return undefined;
  },
);

const resourceArn = {
  kind: "string",
  min: 1,
  max: 1011,
  pattern: "[\\w+=/:,.@-]*",
} as const;

const groupOfArn = (arn: string, context: ActionContext): StoredGroup => {
  const group = context.store.group(nameInArn(arn, context));
  if (!group || arn !== groupArn(group.name, context)) throw notFound("log group");
  return group;
};

/** Adds tags to a log group, named by its ARN without `:*`. */
export const tagResource: Action = defineAction<{
  resourceArn: string;
  tags: Record<string, string>;
}>(
  { kind: "structure", required: ["resourceArn", "tags"], members: { resourceArn, tags } },
  (input, context) => {
    const group = groupOfArn(input.resourceArn, context);
    const joined = { ...group.tags, ...input.tags };
    if (Object.keys(joined).length > 50) {
      throw refusal("TooManyTagsException", "A resource can have no more than 50 tags.");
    }
    context.store.setTags(group, joined);
    return undefined;
  },
);

/** Reads a log group's tags back. */
export const listTagsForResource: Action = defineAction<{ resourceArn: string }>(
  { kind: "structure", required: ["resourceArn"], members: { resourceArn } },
  (input, context) => ({ tags: groupOfArn(input.resourceArn, context).tags }),
);

interface DescribeInput {
  logGroupNamePrefix?: string;
  logGroupNamePattern?: string;
  logGroupClass?: LogGroupClass;
  limit?: number;
  nextToken?: string;
}

const storedBytes = (group: StoredGroup, { store }: ActionContext): number => {
  let bytes = 0;
  for (const stream of group.streams.values())
    bytes += store.segments.index(stream.id).messageBytes;
  return bytes;
};

const describeGroup = (group: StoredGroup, context: ActionContext): object => ({
  logGroupName: group.name,
  creationTime: group.creationMs,
  ...(group.retentionInDays === undefined ? {} : { retentionInDays: group.retentionInDays }),
  metricFilterCount: 0,
  arn: `${groupArn(group.name, context)}:*`,
  storedBytes: storedBytes(group, context),
  ...(group.kmsKeyId === undefined ? {} : { kmsKeyId: group.kmsKeyId }),
  logGroupClass: group.logGroupClass,
  logGroupArn: groupArn(group.name, context),
});

/** What is told of a group found by a pattern. */
const describeBriefly = (group: StoredGroup, context: ActionContext): object => ({
  logGroupName: group.name,
  creationTime: group.creationMs,
  arn: `${groupArn(group.name, context)}:*`,
});

/** Lists log groups by name. */
export const describeLogGroups: Action = defineAction<DescribeInput>(
  {
    kind: "structure",
    required: [],
    members: {
      logGroupNamePrefix: logGroupName,
      logGroupNamePattern: { ...logGroupName, min: 0, pattern: "[\\.\\-_/#A-Za-z0-9]*" },
      logGroupClass,
      includeLinkedAccounts: flag,
      limit: describeLimit,
      nextToken,
    },
  },
  (input, context) => {
    const { logGroupNamePrefix: prefix = "", logGroupNamePattern: pattern = "" } = input;
    if (prefix !== "" && pattern !== "") {
      throw invalidParameter(
        "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.",
      );
    }
    const use = `groups ${prefix} ${pattern} ${input.logGroupClass}`;
    const after = input.nextToken === undefined ? "" : parseNameToken(input.nextToken, use);
    const limit = input.limit ?? 50;
    const found = [...context.store.groups()]
      .filter((group) => group.name.startsWith(prefix) && group.name.includes(pattern))
      .filter((group) => group.logGroupClass === (input.logGroupClass ?? group.logGroupClass))
      .filter((group) => group.name > after)
      .sort((left, right) => compareNames(left.name, right.name));
    const page = found.slice(0, limit);
    const describe = pattern === "" ? describeGroup : describeBriefly;
    return {
      logGroups: page.map((group) => describe(group, context)),
      ...(found.length > limit ? { nextToken: nameToken(page.at(-1)?.name ?? "", use) } : {}),
    };
  },
);
