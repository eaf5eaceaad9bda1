import { mkdtemp } from "node:fs/promises";
import { basename, join } from "node:path";
import { checkSettings } from "../../../agent/config.ts";
import type { SettingsInput } from "../../../agent/settings.ts";
import { fillSpool } from "./fill.ts";
import { createFleet, type Fleet } from "./fleet.ts";
import type { Service } from "./service.ts";

/** A filled spool, and the group its events go to, with a stream for each device. */
export interface Load {
  name: string;
  fleet: Fleet;
  /** Folder of the closed spool. */
  spool: string;
  settings: SettingsInput;
  group: string;
}

export interface LoadOptions {
  /** Folder the spool is made in. */
  directory: string;
  service: Service;
  /** Of all streams together. */
  events: number;
  streams: number;
  /** Events of a frame, at most; a stream has 4 frames at least. */
  frameEvents: number;
}

export const makeLoad = async (options: LoadOptions): Promise<Load> => {
  const { directory, service, streams } = options;
  const events = Math.ceil(options.events / streams);
  const frameEvents = Math.min(options.frameEvents, Math.ceil(events / 4));
  const fleet = createFleet({ devices: streams, events, frameEvents });
  const spool = await mkdtemp(join(directory, "spool-"));
  const group = `/fleetlog/${basename(spool)}`;
  // The most calls the service allows: what is measured is work, not waiting for one's turn.
  const delivery = { callsPerSecond: 5_000 };
  const settings = { cloudwatch: { group }, delivery, spool: { laneShare: 1 } };
  await fillSpool(spool, fleet, checkSettings(settings, "the benchmark"));
  await service.makeGroup(group, fleet.names);
  return { name: streams === 1 ? "1 stream" : `${streams} streams`, fleet, spool, settings, group };
};
