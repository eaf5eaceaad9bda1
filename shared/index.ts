export {
  type DecodedFrame,
  decodeFrame,
  decodeHead,
  type FrameBeginning,
  type FrameFault,
} from "./codec/decode.ts";
export { type DecodedAck, decodeAck, encodeAck } from "./codec/downlink.ts";
export { encodeFrame } from "./codec/encode.ts";
export type { Definition, FrameHead, Lookup, Meaning } from "./definition.ts";
export { type Ack, type Command, commandKinds } from "./downlink.ts";
export {
  type DropCount,
  type DropEntry,
  type DropReason,
  dropReasons,
  type EndEntry,
  type Entry,
  type JsonText,
  type Level,
  type LogEvent,
  levels,
  type Site,
  type Value,
} from "./event.ts";
export { type Body, type Boot, bootText, type Frame, type FrameHeader } from "./frame.ts";
export {
  type Channel,
  defaultPrefix,
  fleetFilter,
  isDeviceId,
  parseTopic,
  type Source,
  shardOf,
  topicOf,
} from "./topic.ts";
