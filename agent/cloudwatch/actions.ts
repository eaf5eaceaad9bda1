/** Creates a log group: `logGroupName`, optionally `tags`, `kmsKeyId`, `logGroupClass`. */
export const AWS_CLOUDWATCH_LOGS_ACTION_CREATE_LOG_GROUP = "CreateLogGroup";
/** Creates a log stream in an existing group: `logGroupName`, `logStreamName`. */
export const AWS_CLOUDWATCH_LOGS_ACTION_CREATE_LOG_STREAM = "CreateLogStream";
/** Deletes a log group with all its archived events: `logGroupName`. */
export const AWS_CLOUDWATCH_LOGS_ACTION_DELETE_LOG_GROUP = "DeleteLogGroup";
/** Deletes a log stream with all its archived events: `logGroupName`, `logStreamName`. */
export const AWS_CLOUDWATCH_LOGS_ACTION_DELETE_LOG_STREAM = "DeleteLogStream";
/** Stores a batch: `logGroupName`, `logStreamName`, `logEvents`, optionally `sequenceToken`. */
export const AWS_CLOUDWATCH_LOGS_ACTION_PUT_LOG_EVENTS = "PutLogEvents";
/** Says how many days a group keeps its events: `logGroupName`, `retentionInDays`. */
export const AWS_CLOUDWATCH_LOGS_ACTION_PUT_RETENTION_POLICY = "PutRetentionPolicy";
/** Adds tags to a group or stream: `resourceArn` (without the final `:*`), `tags`. */
export const AWS_CLOUDWATCH_LOGS_ACTION_TAG_RESOURCE = "TagResource";
/** Lists log groups, by prefix or pattern. */
export const AWS_CLOUDWATCH_LOGS_ACTION_DESCRIBE_LOG_GROUPS = "DescribeLogGroups";
/** Lists the streams of a group. */
export const AWS_CLOUDWATCH_LOGS_ACTION_DESCRIBE_LOG_STREAMS = "DescribeLogStreams";
/** Reads the events of one stream. */
export const AWS_CLOUDWATCH_LOGS_ACTION_GET_LOG_EVENTS = "GetLogEvents";
/** Reads the events of a group that match a filter pattern. */
export const AWS_CLOUDWATCH_LOGS_ACTION_FILTER_LOG_EVENTS = "FilterLogEvents";

/** An optional parameter: null means the same as leaving it out. */
type Optional<T> = T | null | undefined;

/** Epoch ms, or a count: an integer, also as its decimal digits. */
type Integer = number | string;

/** A group by name, or by name or ARN. One of the two is needed. */
interface GroupReference {
  logGroupName?: Optional<string>;
  logGroupIdentifier?: Optional<string>;
}

/** The parameters of each known action, as the service's public model names them. */
export interface ActionParams {
  CreateLogGroup: {
    logGroupName: string;
    tags?: Optional<Record<string, string>>;
    kmsKeyId?: Optional<string>;
    logGroupClass?: Optional<"STANDARD" | "INFREQUENT_ACCESS" | "DELIVERY">;
  };
  CreateLogStream: { logGroupName: string; logStreamName: string };
  DeleteLogGroup: { logGroupName: string };
  DeleteLogStream: { logGroupName: string; logStreamName: string };
  PutLogEvents: {
    logGroupName: string;
    logStreamName: string;
    logEvents: readonly { timestamp: Integer; message: string }[];
    sequenceToken?: Optional<string>;
    entity?: Optional<object>;
  };
  PutRetentionPolicy: { logGroupName: string; retentionInDays: Integer };
  TagResource: { resourceArn: string; tags: Record<string, string> };
  DescribeLogGroups: {
    logGroupNamePrefix?: Optional<string>;
    logGroupNamePattern?: Optional<string>;
    logGroupClass?: Optional<string>;
    limit?: Optional<Integer>;
    nextToken?: Optional<string>;
  };
  DescribeLogStreams: GroupReference & {
    logStreamNamePrefix?: Optional<string>;
    orderBy?: Optional<"LogStreamName" | "LastEventTime">;
    descending?: Optional<boolean>;
    limit?: Optional<Integer>;
    nextToken?: Optional<string>;
  };
  GetLogEvents: GroupReference & {
    logStreamName: string;
    startTime?: Optional<Integer>;
    endTime?: Optional<Integer>;
    limit?: Optional<Integer>;
    startFromHead?: Optional<boolean>;
    nextToken?: Optional<string>;
  };
  FilterLogEvents: GroupReference & {
    logStreamNames?: Optional<readonly string[]>;
    logStreamNamePrefix?: Optional<string>;
    filterPattern?: Optional<string>;
    startTime?: Optional<Integer>;
    endTime?: Optional<Integer>;
    limit?: Optional<Integer>;
    nextToken?: Optional<string>;
  };
}

/** An action whose parameters are checked and typed. Any other name is passed through, signed. */
export type KnownAction = keyof ActionParams;

/** Typed for a known action; any table for another. */
export type ParamsOf<Action extends string> = Action extends KnownAction
  ? ActionParams[Action]
  : object;
