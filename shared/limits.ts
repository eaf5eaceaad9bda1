/** MQTT payload of one frame, outer header included: what a device aims at. */
export const frameTargetBytes = 1_200;

/** MQTT payload of one frame, outer header included: what an agent accepts. */
export const frameLimitBytes = 65_536;

/** The longest outer header: a mark, 4 bytes, and seven numbers of up to 8. */
export const headerLimitBytes = 61;

/** Frames of one device that may wait for an ack at a time. */
export const windowFrames = 4;

/** Parts of a fleet that agents can divide among themselves. */
export const shardCount = 64;

/** Seqs that a boot may use before flash has a record of it, where there is flash. */
export const unrecordedSeqs = 64;

/** How long an event may wait in an open frame, by default. */
export const flushAfterMs = 5_000;

/** Largest seq, uptime and count: integers are exact up to here (2^53 - 1). */
export const integerLimit = 9_007_199_254_740_991;

/** The longest tag that a command can name. */
export const tagLimitBytes = 64;

/** Tags of a device whose levels can be commanded at a time. */
export const commandedTags = 8;
