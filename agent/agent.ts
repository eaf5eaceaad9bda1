import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { remindDevice } from "./ack.ts";
import { AWSCloudWatchLogs } from "./cloudwatch/client.ts";
import type { CommandInput, HeldCommand } from "./commands/command.ts";
import { type Commands, createCommands } from "./commands/commands.ts";
import { commandFolder, holdCommand } from "./commands/folder.ts";
import { checkSettings } from "./config.ts";
import { createDelivery, type Delivery } from "./delivery/delivery.ts";
import type { Schedule } from "./delivery/schedule/schedule.ts";
import { createStreams, type Streams } from "./delivery/stream.ts";
import { createDevices, type Devices } from "./devices.ts";
import { createDictionaries, type Dictionaries } from "./dictionary/folder.ts";
import { messageOf } from "./errors.ts";
import { createBroker } from "./intake/broker.ts";
import { createBrokerClient } from "./intake/client.ts";
import type { Intake, IntakeEvents } from "./intake/intake.ts";
import { createPresence, type Presence } from "./intake/presence.ts";
import { createMetrics, type Metrics } from "./metrics.ts";
import { createReceive } from "./receive.ts";
import type { Settings, SettingsInput } from "./settings.ts";
import { createLevelSpool } from "./spool/level.ts";
import type { Spool, SpoolUsage } from "./spool/spool.ts";
import { createWallClock, systemTime, type Time } from "./time.ts";

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
}

/** A running agent. */
export interface Agent {
  /** Where devices connect. */
  mqttUrl: string;
  metrics: Readonly<Metrics>;
  /** Devices that are connected, as far as they, their last wills and what they send show. */
  online(): string[];
  /**
   * Holds a command until the device has done it, or it is over. Rejects with `COMMAND_INVALID`, or
   * `COMMANDS_FULL`.
   */
  command(device: string, want: CommandInput): Promise<HeldCommand>;
  /** What is stored and not accepted by CloudWatch. */
  pending(): SpoolUsage;
  /** Takes no more frames, delivers what waits for `delivery.drainMs`; false if some is left. */
  stop(): Promise<boolean>;
}

type Ports = Required<Omit<AgentPorts, "cloudwatch">>;

/** Everything the stages share. */
interface Shared extends Ports {
  settings: Settings;
  spool: Spool;
  devices: Devices;
  streams: Streams;
  cloudwatch: AWSCloudWatchLogs;
  metrics: Metrics;
}

/**
 * Starts an agent: intake, session, clock, spool, ack, batcher, delivery. Rejects with the
 * `AgentError` of the part that cannot start.
 */
export const createAgent = async (input: SettingsInput, ports: AgentPorts = {}): Promise<Agent> => {
  const settings = checkSettings(input, "the caller");
  const shared = await createShared(settings, ports);
  const { spool, metrics, cloudwatch } = shared;
  const { schedule, dictionaries } = await startDelivery(shared);
  const { intake, commands, presence } = await startIntake(shared, schedule).catch(
    async (cause) => {
      dictionaries.close();
      await spool.close();
      throw cause;
    },
  );
  for (const lane of spool.lanes()) schedule.wake(lane, true);
  return {
    mqttUrl: intake.url,
    metrics,
    online: presence.online,
    async command(device, want) {
      const held = await holdCommand(
        commandFolder(settings.data),
        device,
        want,
        shared.time.epochMs(),
      );
      await commands.look();
      return held;
    },
    pending: spool.usage,
    async stop() {
      commands.close();
      presence.close();
      await intake.stop();
      await spool.synced();
      const hasDrained = await schedule.drain(settings.delivery.drainMs);
      const isDrained = hasDrained && spool.usage().asideBytes === 0;
      dictionaries.close();
      await schedule.stop();
      await spool.close();
      if (ports.cloudwatch === undefined) await cloudwatch.close();
      return isDrained;
    },
  };
};

const createShared = async (settings: Settings, ports: AgentPorts): Promise<Shared> => {
  const { time = systemTime } = ports;
  const { onTrouble = nothing, onRepeat = nothing, onFatal = throwLater } = ports;
  const { cloudwatch, fleet } = settings;
  const metrics = createMetrics();
  const streams = createStreams({ group: cloudwatch.group, stream: cloudwatch.stream, fleet });
  const client = ports.cloudwatch ?? clientOf(settings);
  const spool = await createLevelSpool({
    directory: join(settings.data, "spool"),
    ...settings.spool,
    onEvicted: () => metrics.deadLettersEvicted++,
  });
  const devices = createDevices({
    boots: spool.boots,
    boot: spool.boot,
    held: spool.held,
    limit: settings.devicesInMemory,
    toEpochMs: createWallClock(time),
  });
  const parts = { settings, spool, devices, streams, cloudwatch: client, metrics };
  return { ...parts, time, onTrouble, onRepeat, onFatal };
};

const clientOf = ({ cloudwatch: { region, endpoint, gzip } }: Settings): AWSCloudWatchLogs =>
  new AWSCloudWatchLogs(region, undefined, undefined, { endpoint, gzip, attempts: 1 });

/** Frames of this many bytes make about a full batch, which need not wait for its age. */
const fullLaneBytes = 262_144;

interface Inlet {
  intake: Intake;
  commands: Commands;
  presence: Presence;
}

/** From the devices to the spool, and the acks and commands back. */
const startIntake = async (shared: Shared, schedule: Schedule): Promise<Inlet> => {
  const { settings, streams, time, onTrouble } = shared;
  const isConnected = (device: string): boolean => intake?.isConnected?.(device) === true;
  const presence = createPresence({ time, isConnected });
  const send = (device: string, payload: Uint8Array): void => intake?.send(device, payload);
  const commands: Commands = await createCommands({
    ...shared,
    directory: commandFolder(settings.data),
    isOnline: presence.isOnline,
    onDue(device) {
      remindDevice({ ...shared, commands, send }, device).catch((cause: unknown) =>
        onTrouble(`Cannot tell device "${device}" a command: ${messageOf(cause)}`),
      );
    },
  });
  const receive = createReceive({
    ...shared,
    commands,
    send,
    laneOf: streams.laneOf,
    onLimited: (device, forMs) => intake?.hush?.(device, forMs),
    onStored: (lane) => schedule.wake(lane, shared.spool.laneBytes(lane) >= fullLaneBytes),
  });
  const events: IntakeEvents = {
    onFrame(source, payload) {
      presence.heard(source.device);
      receive(source, payload);
    },
    onPresence: ({ device }, isOnline) => presence.told(device, isOnline),
    onTrouble,
  };
  let intake: Intake | undefined;
  const { url, ...mqtt } = settings.mqtt;
  const started =
    url === undefined
      ? createBroker({ ...mqtt, ...shared, events })
      : createBrokerClient({ ...mqtt, url, events });
  try {
    intake = await started;
    return { intake, commands, presence };
  } catch (cause) {
    commands.close();
    presence.close();
    throw cause;
  }
};

/** The default one is made, so that people find it; one that was named must be there. */
const dictionaryFolder = async ({ dictionaries, data }: Settings): Promise<string> => {
  if (dictionaries !== undefined) return dictionaries;
  const directory = join(data, "dictionaries");
  await mkdir(directory, { recursive: true });
  return directory;
};

interface Outlet {
  schedule: Schedule;
  dictionaries: Dictionaries;
}

/** From the spool to CloudWatch. */
const startDelivery = async (shared: Shared): Promise<Outlet> => {
  const { settings, spool, devices, time, onTrouble } = shared;
  const directory = await dictionaryFolder(settings);
  let delivery: Delivery | undefined;
  const dictionaries = await createDictionaries({
    directory,
    time,
    onTrouble: ({ message }) => onTrouble(message),
    onChange: ({ hash }) => delivery?.arrived(hash),
  });
  delivery = createDelivery({
    ...shared,
    dictionaries,
    dictionaryFolder: directory,
    intended: await spool.intended(),
    random: Math.random,
    async loadClocks(boots) {
      for (const { device, boot } of boots) await devices.loadClock(device, boot);
    },
    clockOf: (device, boot) =>
      devices.readClock(device, boot) ??
      (() => ({ epochMs: Math.floor(time.epochMs()), errorMs: null, quality: "placed" })),
  });
  return { schedule: delivery, dictionaries };
};

const nothing = (): void => {};

const throwLater = (cause: unknown): void => {
  setImmediate(() => {
    throw cause;
  });
};
