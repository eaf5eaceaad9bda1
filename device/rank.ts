import { type Level, levels } from "../shared/event.ts";

/** Numbers of the levels that are treated specially, as in `levels`. */
export const infoRank = 1;
export const warnRank = 2;
export const errorRank = 3;
export const fatalRank = 4;

/** Kinds of events: a level each, and metrics. */
export const kinds = 6;

/** Number of a kind's level: metrics are as `info`. */
export const rankOf = (kind: number): number => (kind > fatalRank ? infoRank : kind);

export const levelOf = (kind: number): Level => levels[rankOf(kind)] as Level;
