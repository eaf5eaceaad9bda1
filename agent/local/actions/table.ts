import type { Action } from "./action.ts";
import { filterLogEvents, getLogEvents } from "./events.ts";
import {
  createLogGroup,
  deleteLogGroup,
  describeLogGroups,
  listTagsForResource,
  putRetentionPolicy,
  tagResource,
} from "./groups.ts";
import { putLogEvents } from "./put-log-events.ts";
import { createLogStream, deleteLogStream, describeLogStreams } from "./streams.ts";

/** Every action of the endpoint, by its name in `x-amz-target`. */
export const actions: ReadonlyMap<string, Action> = new Map([
  ["CreateLogGroup", createLogGroup],
  ["CreateLogStream", createLogStream],
  ["DeleteLogGroup", deleteLogGroup],
  ["DeleteLogStream", deleteLogStream],
  ["DescribeLogGroups", describeLogGroups],
  ["DescribeLogStreams", describeLogStreams],
  ["FilterLogEvents", filterLogEvents],
  ["GetLogEvents", getLogEvents],
  ["ListTagsForResource", listTagsForResource],
  ["PutLogEvents", putLogEvents],
  ["PutRetentionPolicy", putRetentionPolicy],
  ["TagResource", tagResource],
]);
