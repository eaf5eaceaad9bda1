/** What happened since the agent started. All are counts that only rise. */
export interface Metrics {
  /** Connections that the embedded broker accepted. */
  connections: number;
  /** Connections to the embedded broker that did not end by the client's word, by reason; refused ones among them. */
  connectionsEnded: Record<string, number>;
  /** Last wills on topics where their client may not speak; the client is accepted without it. */
  willsRefused: number;
  /** Payloads on `up` topics. */
  framesReceived: number;
  /** Frames stored before, or refused because frames before them are missing. */
  framesDuplicate: number;
  framesEarly: number;
  /** Frames that came in turn, but rest on definitions that are not held. */
  framesLacking: number;
  /** Frames that had to wait: the spool was full. */
  framesBusy: number;
  /** Frames beyond those a device may have without an ack: not stored, the device is told to wait. */
  framesOverrun: number;
  /** Devices that went on all the same, each time; then frames given up meanwhile, without an answer. */
  devicesLimited: number;
  framesLimited: number;
  /** Payloads without a readable header; kept as dead letters. */
  framesUnreadable: number;
  /** Frames in the name of a boot that is another's: kept as dead letters, unless they are new to it. */
  framesDoubled: number;
  /** Frames on a topic whose shard is not the device's. */
  framesRefused: number;
  /** Frames and acks that could not be passed on to another agent; devices send again. */
  relayLost: number;
  framesStored: number;
  /** Of these, the ones that a later boot sent for theirs. */
  framesReplayed: number;
  /** Definitions not held: those of their boot are too many, or too long. */
  definitionsRefused: number;
  /** Seqs stored. */
  entriesStored: number;
  acksSent: number;
  /** Acks that brought a command, and commands that have come to a boot. */
  commandsSent: number;
  commandsEchoed: number;
  /** PutLogEvents calls that were answered, or were not. */
  calls: number;
  callsThrottled: number;
  callsUnknown: number;
  /** Log events CloudWatch has accepted. */
  eventsDelivered: number;
  /** Events that were sent again although a call before may have delivered them. */
  possiblyDuplicated: number;
  /** Events delivered with another stamp than their own. */
  eventsRestamped: number;
  /** Events delivered without their format: their dictionary has none of that id. */
  formatsUnknown: number;
  /** Measurements delivered as plain events: no metric for CloudWatch, or of a series too many. */
  metricsRefused: number;
  deadLetters: number;
  deadLettersEvicted: number;
  /** Events lost before they reached the agent, by reason, as devices counted them. */
  dropped: Record<string, number>;
  /** Seqs that power loss took at most; how many of them were events is not known. */
  powerLossAtMost: number;
}

export const createMetrics = (): Metrics => ({
  connections: 0,
  connectionsEnded: {},
  willsRefused: 0,
  framesReceived: 0,
  framesDuplicate: 0,
  framesEarly: 0,
  framesLacking: 0,
  framesBusy: 0,
  framesOverrun: 0,
  devicesLimited: 0,
  framesLimited: 0,
  framesUnreadable: 0,
  framesDoubled: 0,
  framesRefused: 0,
  relayLost: 0,
  framesStored: 0,
  framesReplayed: 0,
  definitionsRefused: 0,
  entriesStored: 0,
  acksSent: 0,
  commandsSent: 0,
  commandsEchoed: 0,
  calls: 0,
  callsThrottled: 0,
  callsUnknown: 0,
  eventsDelivered: 0,
  possiblyDuplicated: 0,
  eventsRestamped: 0,
  formatsUnknown: 0,
  metricsRefused: 0,
  deadLetters: 0,
  deadLettersEvicted: 0,
  dropped: {},
  powerLossAtMost: 0,
});
