import type { Level } from "../shared/event.ts";

/** All settings of an agent, complete. The names are those of the settings file. */
export interface Settings {
  /** Folder for all the agent must not forget. */
  data: string;
  /** Folder of the dictionaries that builds of devices' programs gave; `dictionaries` in `data` where absent. */
  dictionaries?: string | undefined;
  /** Name of the fleet: 1 to 64 of `A-Z a-z 0-9 . _ -`. */
  fleet: string;
  /** Devices kept in memory, four boots each; others are read from the spool when they are heard of. */
  devicesInMemory: number;
  mqtt: MqttSettings;
  cloudwatch: CloudWatchSettings;
  delivery: DeliverySettings;
  spool: SpoolSettings;
  page: PageSettings;
  redis: RedisSettings;
  /** Rules for events that go elsewhere than `cloudwatch` says; of several that fit the first counts. */
  route: RouteSettings[];
}

/** All that is given of device, tag and level must fit an event. `*` stands for any characters. */
export interface RouteSettings {
  device?: string | undefined;
  tag?: string | undefined;
  /** This level and those above it. */
  level?: Level | undefined;
  /** Templates as in `cloudwatch`; its own stream template where absent. */
  group: string;
  stream?: string | undefined;
  /** Of the group, where the agent makes it; as in `cloudwatch` where absent. */
  class?: CloudWatchSettings["class"] | undefined;
  retentionDays?: number | undefined;
}

/** Where agents that share a fleet keep what they know of it. */
export interface RedisSettings {
  /** `redis://`, `rediss://` or the path of a socket; absent for an agent that is alone. */
  url?: string | undefined;
  /** How long a shard stays an agent's that does not say it still lives. */
  leaseMs: number;
}

/** Where the agent shows what it does. */
export interface PageSettings {
  host: string;
  /** Port of the page, `/status`, `/metrics` and `/healthz`; absent for none of them, 0 for any free one. */
  port?: number | undefined;
}

/** Where devices connect. */
export interface MqttSettings {
  /** Address the embedded broker listens on. */
  host: string;
  /** Port of the embedded broker; 0 for any free one. */
  port: number;
  /** Listen beyond this machine although anyone can then connect. */
  allowAnonymous: boolean;
  /** File of the names and passwords of devices, as `mosquitto_passwd` writes it, for the embedded broker. */
  passwords?: string | undefined;
  /** Connections of the embedded broker that may be open at a time. */
  maxConnections: number;
  /** A broker that runs elsewhere; there is then no embedded one. */
  url?: string | undefined;
  username?: string | undefined;
  password?: string | undefined;
  /** First levels of every topic. */
  prefix: string;
  /** What is spoken with that broker. */
  version: "3.1.1" | "5";
  /** Where absent, `fleetlog-` and the id of the agent's store. */
  clientId?: string | undefined;
  /** Connections to that broker that divide the fleet; 1 where absent, 8 with the limits of AWS IoT Core. */
  connections?: number | undefined;
  /** What that broker allows a connection; told by the host of `url` where absent. */
  limits?: "none" | "aws-iot" | undefined;
  /** File with the certificates to trust in place of the system's; PEM, as the next two. */
  ca?: string | undefined;
  /** Files with the agent's own certificate and its key; without `url`, those of the embedded broker, which then speaks TLS. */
  cert?: string | undefined;
  key?: string | undefined;
  /** Protocol asked for in the TLS handshake. */
  alpn?: string | undefined;
  /** Silence after which that broker is asked whether it is there. */
  keepAliveMs: number;
}

/** Where events go. */
export interface CloudWatchSettings {
  /** Such as `eu-west-1`; `AWS_REGION` where absent. */
  region?: string | undefined;
  /** URL of another endpoint than the Region's. */
  endpoint?: string | undefined;
  /** Template of the log group: `{fleet}`. */
  group: string;
  /** Template of the log stream: `{fleet} {device} {boot} {shard} {date}`. */
  stream: string;
  /** Days that groups made by the agent keep their events; 0 for ever. */
  retentionDays: number;
  /** Tags of groups made by the agent. */
  tags: Record<string, string>;
  /** Class of groups made by the agent; it can't be changed later. */
  class: "STANDARD" | "INFREQUENT_ACCESS";
  /** KMS key that groups made by the agent are encrypted with. */
  kmsKeyId?: string | undefined;
  message: "json" | "text";
  gzip: boolean;
}

/** How events get there. */
export interface DeliverySettings {
  /** How long the first event of a batch waits for others. */
  flushAfterMs: number;
  /** PutLogEvents calls a second when nothing is throttled. */
  callsPerSecond: number;
  /** Streams served at the same time. */
  workers: number;
  /** How long a batch whose call had no answer may stay invisible before it is sent again. */
  unknownOutcomeWaitMs: number;
  /** Events whose stamps CloudWatch refuses: sent with the nearest it accepts, or dead letters. */
  refusedStamps: "restamp" | "keep";
  /** Regular expressions, in any case of letters: what they match in an event's text is taken out. */
  redact: string[];
  /** How long frames wait for a dictionary that is not there; then they are dead letters. */
  dictionaryWaitMs: number;
  /** Bytes of frames that may wait for dictionaries, as stored; of more the oldest give way. */
  dictionaryWaitBytes: number;
  /** How long a stop may take to deliver what waits; the rest stays in the spool. */
  drainMs: number;
}

/** What the disk may hold. */
export interface SpoolSettings {
  /** Frames that wait, in bytes as stored; beyond that devices are told to wait. */
  limitBytes: number;
  /** Share of `limitBytes` that one stream may take. */
  laneShare: number;
  /** Devices that may be known; of one more nothing is stored. */
  limitDevices: number;
  /** Dead letters kept with events, and as many with bytes that could not be read; the oldest give way. */
  limitDeadLetters: number;
  /** Of the disk, left free by frames; 64 MiB or 60 % of the disk, whichever is less, where absent. */
  reserveBytes?: number | undefined;
}

/** Settings as they are given: what is absent has its default. */
export type SettingsInput = Partial<
  Omit<Settings, "mqtt" | "cloudwatch" | "delivery" | "spool" | "page" | "redis">
> & {
  mqtt?: Partial<MqttSettings>;
  cloudwatch?: Partial<CloudWatchSettings>;
  delivery?: Partial<DeliverySettings>;
  spool?: Partial<SpoolSettings>;
  page?: Partial<PageSettings>;
  redis?: Partial<RedisSettings>;
};
