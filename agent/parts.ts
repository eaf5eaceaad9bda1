import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { shardCount } from "../shared/limits.ts";
import { shardOf } from "../shared/topic.ts";
import type { AgentPorts } from "./agent.ts";
import { type Commands, createCommands } from "./commands/commands.ts";
import { commandFolder } from "./commands/folder.ts";
import { createDictionaries, type Dictionaries } from "./dictionary/folder.ts";
import { messageOf } from "./errors.ts";
import { createBroker } from "./intake/broker.ts";
import type { Intake, IntakeEvents } from "./intake/intake.ts";
import { createPresence, type Presence } from "./intake/presence.ts";
import { createPipeline, type Pipeline, type PipelineOptions } from "./pipeline.ts";
import { allShards, type Shards } from "./shards/shards.ts";
import { noteDamage } from "./spool/level/damage.ts";
import { createLevelSpool } from "./spool/level/level-spool.ts";
import { isDamage } from "./spool/level/open-store.ts";
import type { SpoolLimits } from "./spool/spool.ts";

/** The settings, and the ports with their defaults. */
export interface Given
  extends Omit<PipelineOptions, "dictionaries" | "commands" | "send" | "onLimited"> {
  ports: AgentPorts;
}

/** The parts of a running agent. */
export interface Parts {
  dictionaries: Dictionaries;
  commands: Commands;
  shards: Shards;
  intake: Intake;
  presence: Presence;
}

/** Opens the parts from CloudWatch's end to the devices': none takes what the next cannot pass on. */
export const openParts = async (given: Given): Promise<Parts> => {
  const { ports, time, onTrouble } = given;
  const opened: (() => unknown)[] = [];
  let shards: Shards | undefined;
  let intake: Intake | undefined;
  let owned: ReadonlySet<number> | undefined;
  const send = (device: string, payload: Uint8Array): void => intake?.send(device, payload);
  const isConnected = (device: string): boolean => intake?.isConnected?.(device) === true;
  const onLimited = (device: string, forMs: number): void => intake?.hush?.(device, forMs);
  const presence = createPresence({ time, isConnected });
  opened.push(presence.close);
  try {
    const dictionaries = await (ports.openDictionaries?.() ??
      openDictionaries(given, (hash) => {
        for (const pipeline of shards?.pipelines() ?? []) pipeline.arrived(hash);
      }));
    opened.push(dictionaries.close);
    const commands = await (ports.openCommands?.() ??
      openCommands(given, presence, (device) => {
        const reminded = shards?.of(shardOf(device))?.remind(device);
        reminded?.catch((cause: unknown) =>
          onTrouble(`Cannot tell device "${device}" a command: ${messageOf(cause)}`),
        );
      }));
    opened.push(commands.close);
    const onOwned = (now: ReadonlySet<number>): void => {
      owned = now;
      intake?.listen?.(now);
    };
    shards = await openShards({ ...given, dictionaries, commands, send, onLimited, onOwned });
    opened.push(shards.stop);
    intake = await openIntake(given, shards, presence);
    if (owned !== undefined) intake.listen?.(owned);
    await intake.tried;
    return { dictionaries, commands, shards, intake, presence };
  } catch (cause) {
    for (const close of opened.reverse()) await close();
    throw cause;
  }
};

/** The default folder is made, so that people find it; one that was named must be there. */
const openDictionaries = async (
  { settings, dictionaryFolder: directory, time, onTrouble }: Given,
  onChange: (hash: string) => void,
): Promise<Dictionaries> => {
  if (settings.dictionaries === undefined) await mkdir(directory, { recursive: true });
  return createDictionaries({
    directory,
    time,
    onTrouble: ({ message }) => onTrouble(message),
    onChange: ({ hash }) => onChange(hash),
  });
};

const openCommands = (
  given: Given,
  { isOnline }: Presence,
  onDue: (device: string) => void,
): Promise<Commands> =>
  createCommands({
    ...given,
    directory: commandFolder(given.settings.data),
    isOnline,
    onDue,
  });

/** All shards, with a spool in a folder of this machine. */
const openAlone = async (options: ShardsOptions, limits: SpoolLimits): Promise<Pipeline> => {
  const { settings, metrics, ports, time, onTrouble, onRepeat } = options;
  if (ports.openSpool !== undefined) return createPipeline(options, await ports.openSpool(limits));
  const directory = join(settings.data, "spool");
  const spool = await createLevelSpool({
    ...limits,
    directory,
    time,
    onTrouble,
    onSalvaged({ possiblyDuplicated }) {
      metrics.possiblyDuplicated += possiblyDuplicated;
      if (possiblyDuplicated > 0) onRepeat(metrics.possiblyDuplicated);
    },
  });
  const onFatal = (cause: unknown): void => {
    try {
      if (isDamage(cause)) noteDamage(directory, messageOf(cause));
    } catch (unnoted) {
      onTrouble(`Cannot note in "${directory}" that it is to be repaired: ${messageOf(unnoted)}`);
    }
    options.onFatal(cause);
  };
  return createPipeline({ ...options, onFatal }, spool);
};

interface ShardsOptions extends PipelineOptions {
  ports: AgentPorts;
  /** The shards of which this agent needs the frames; not told where it has all. */
  onOwned(shards: ReadonlySet<number>): void;
}

/** From the frames to CloudWatch: on this machine alone, or shared with other agents. */
const openShards = async (options: ShardsOptions): Promise<Shards> => {
  const { settings, metrics, send } = options;
  const { redis, fleet } = settings;
  const limits = { ...settings.spool, onEvicted: () => metrics.deadLettersEvicted++ };
  const { url } = redis;
  if (url === undefined) return allShards(await openAlone(options, limits));
  // Loaded where they are used: ioredis and mqtt take 10 MB of memory each.
  const { createSharedShards } = await import("./shards/shared-shards.ts");
  const devicesInMemory = Math.ceil(settings.devicesInMemory / shardCount);
  return createSharedShards({
    ...options,
    settings: { ...redis, url },
    fleet,
    limits,
    hasOwnBroker: settings.mqtt.url === undefined,
    onDown: send,
    openPipeline: (spool, ports) =>
      createPipeline({ ...options, ...ports, settings: { ...settings, devicesInMemory } }, spool),
  });
};

/** From the devices to the shards. */
const openIntake = async (
  { settings, ports, metrics, time, onTrouble }: Given,
  shards: Shards,
  presence: Presence,
): Promise<Intake> => {
  const { url, ...mqtt } = settings.mqtt;
  const events: IntakeEvents = {
    onFrame(source, payload) {
      presence.heard(source.device);
      shards.receive(source, payload);
    },
    onPresence: ({ device }, isOnline) => presence.told(device, isOnline),
    onTrouble,
  };
  if (ports.openIntake !== undefined) return ports.openIntake(events);
  if (url === undefined) return createBroker({ ...mqtt, events, metrics, time });
  const { storeId, agent } = shards;
  const clientId = mqtt.clientId ?? (agent === undefined ? undefined : `fleetlog-${agent}`);
  const { createBrokerClient } = await import("./intake/client.ts");
  return createBrokerClient({ ...mqtt, clientId, url, events, storeId, time });
};
