import { join } from "node:path";
import { AWSCloudWatchLogs } from "./cloudwatch/client.ts";
import type { CommandInput, HeldCommand } from "./commands/command.ts";
import type { Commands } from "./commands/commands.ts";
import { commandFolder, holdCommand } from "./commands/folder.ts";
import { checkSettings } from "./config.ts";
import { createDeliveryPaces } from "./delivery/delivery.ts";
import { createStreams } from "./delivery/stream.ts";
import type { Dictionaries } from "./dictionary/folder.ts";
import { type DeviceStatus, statusOf, usageOf } from "./fleet-status.ts";
import type { Intake, IntakeEvents } from "./intake/intake.ts";
import { createMetrics, type Metrics } from "./metrics.ts";
import { type Given, openParts } from "./parts.ts";
import type { Settings, SettingsInput } from "./settings.ts";
import type { Spool, SpoolLimits, SpoolUsage } from "./spool/spool.ts";
import { systemTime, type Time } from "./time.ts";

/** What an agent may be given besides its settings; none is needed. */
export interface AgentPorts {
  /** Credentials come from the environment or the standard provider chain by default. */
  cloudwatch?: AWSCloudWatchLogs;
  /** Something the operator should know; the agent goes on. */
  onTrouble?(message: string): void;
  /**
   * Events are about to be sent again that may have been delivered; told before the call, since the
   * count so far is in memory and ends with the process.
   */
  onRepeat?(possiblyDuplicated: number): void;
  /** The agent cannot keep its promise any more and should end at once. */
  onFatal?(cause: unknown): void;
  time?: Time;
  /** In [0, 1). */
  random?(): number;
  /** In place of the parts that the settings ask for. */
  openSpool?(limits: SpoolLimits): Promise<Spool>;
  openIntake?(events: IntakeEvents): Promise<Intake>;
  openCommands?(): Promise<Commands>;
  openDictionaries?(): Promise<Dictionaries>;
}

/** A running agent. */
export interface Agent {
  /** Where devices connect. */
  mqttUrl: string;
  metrics: Readonly<Metrics>;
  /** Devices that are connected, as far as they, their last wills and what they send show. */
  online(): string[];
  /** Devices in memory, those heard of last first. */
  devices(limit: number): DeviceStatus[];
  /**
   * Holds a command until the device has done it, or it is over. Rejects with `COMMAND_INVALID`, or
   * `COMMANDS_FULL`.
   */
  command(device: string, want: CommandInput): Promise<HeldCommand>;
  /** What is stored and not accepted by CloudWatch. */
  pending(): SpoolUsage;
  /**
   * How far AWS's clock is ahead of this machine's, ms, by the last answer's `Date`, which counts
   * whole seconds; undefined before the first.
   */
  clockOffsetMs(): number | undefined;
  /** Takes no more frames, delivers what waits for `delivery.drainMs`; false if some is left. */
  stop(): Promise<boolean>;
}

/**
 * Starts an agent: frames come in by the intake and go to the pipeline that has their shard, which
 * stores, acknowledges and delivers them. Rejects with the `AgentError` of the part that cannot start.
 */
export const createAgent = async (input: SettingsInput, ports: AgentPorts = {}): Promise<Agent> => {
  const given = complete(checkSettings(input, "the caller"), ports);
  const { settings, metrics, streams, cloudwatch, time } = given;
  const { dictionaries, commands, shards, intake, presence } = await openParts(given);
  return {
    mqttUrl: intake.url,
    metrics,
    online: presence.online,
    devices: (limit) =>
      shards
        .pipelines()
        .flatMap((pipeline) =>
          pipeline.devices
            .recent(limit)
            .map((device) =>
              statusOf(device, presence.isOnline(device.id), { ...pipeline, streams }),
            ),
        )
        .slice(0, limit),
    async command(device, want) {
      const folder = commandFolder(settings.data);
      const held = await holdCommand(folder, device, want, time.epochMs());
      await commands.look();
      return held;
    },
    pending: () => usageOf(shards.pipelines()),
    clockOffsetMs: () => cloudwatch.clockOffsetMs(),
    async stop() {
      commands.close();
      presence.close();
      await intake.stop();
      const isDrained = await shards.drain(settings.delivery.drainMs);
      dictionaries.close();
      await shards.stop();
      if (ports.cloudwatch === undefined) await cloudwatch.close();
      return isDrained;
    },
  };
};

const complete = (settings: Settings, ports: AgentPorts): Given => {
  const { time = systemTime, random = Math.random } = ports;
  const { onTrouble = nothing, onRepeat = nothing, onFatal = throwLater } = ports;
  const { cloudwatch, fleet, delivery } = settings;
  return {
    settings,
    ports,
    metrics: createMetrics(),
    streams: createStreams({
      ...{ group: cloudwatch.group, stream: cloudwatch.stream, fleet },
      ...{ routes: settings.route, groups: cloudwatch },
    }),
    cloudwatch: ports.cloudwatch ?? clientOf(settings),
    dictionaryFolder: settings.dictionaries ?? join(settings.data, "dictionaries"),
    paces: createDeliveryPaces(delivery, time),
    time,
    random,
    onTrouble,
    onRepeat,
    onFatal,
  };
};

const clientOf = ({ cloudwatch: { region, endpoint, gzip } }: Settings): AWSCloudWatchLogs =>
  new AWSCloudWatchLogs(region, undefined, undefined, { endpoint, gzip, attempts: 1 });

const nothing = (): void => {};

const throwLater = (cause: unknown): void => {
  setImmediate(() => {
    throw cause;
  });
};
