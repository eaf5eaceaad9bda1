import { type Boot, bootText } from "../../shared/frame.ts";

/**
 * Keys of the store. Lanes are escaped, so that no name can reach into another's range; positions
 * are fixed-width, so that keys sort as numbers do.
 */
const name = encodeURIComponent;
const place = (position: number): string => position.toString(16).padStart(14, "0");

export const metaKey = "m/store";
export const laneKey = (lane: string): string => `l/${name(lane)}`;
export const frameKey = (lane: string, position: number): string =>
  `f/${name(lane)}/${place(position)}`;
export const bootKey = (device: string, boot: Boot): string => `b/${device}/${bootText(boot)}`;
export const progressPrefix = (lane: string): string => `p/${name(lane)}/`;
export const progressKey = (lane: string, device: string, boot: Boot): string =>
  `${progressPrefix(lane)}${device}/${bootText(boot)}`;
export const intentKey = (lane: string): string => `i/${name(lane)}`;
export const letterKey = (position: number): string => `d/${place(position)}`;

/** The position at the end of a frame's or a letter's key. */
export const positionOf = (key: string): number => Number.parseInt(key.slice(-14), 16);

/** All keys that begin with `prefix`. */
export const rangeOf = (prefix: string): { gte: string; lt: string } => ({
  gte: prefix,
  lt: `${prefix}\uffff`,
});

/** The lane in a key of the form `<letter>/<lane>`. */
export const laneOf = (key: string): string => decodeURIComponent(key.slice(2));
