import {
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { lockDirectory } from "./directory-lock.ts";
import { openSegments, type Segments, segmentName } from "./segment.ts";

export type LogGroupClass = "STANDARD" | "INFREQUENT_ACCESS" | "DELIVERY";

/** A log stream; its events are in the segment of the same id. */
export interface StoredStream {
  id: number;
  name: string;
  creationMs: number;
}

/** A log group as described, with its streams by name. */
export interface StoredGroup {
  id: number;
  name: string;
  creationMs: number;
  logGroupClass: LogGroupClass;
  kmsKeyId?: string;
  retentionInDays?: number;
  tags: Record<string, string>;
  streams: Map<string, StoredStream>;
}

/** The parts of a group its creator chooses. */
export type GroupChoices = Pick<StoredGroup, "name" | "creationMs" | "logGroupClass" | "tags"> & {
  kmsKeyId?: string | undefined;
};

/** Groups, streams and events on disk. What a call has changed survives the death of the process. */
export interface Store {
  groups(): Iterable<StoredGroup>;
  group(name: string): StoredGroup | undefined;
  createGroup(choices: GroupChoices): void;
  /** With its streams and their events. */
  deleteGroup(group: StoredGroup): void;
  createStream(group: StoredGroup, name: string, creationMs: number): void;
  /** With its events. */
  deleteStream(group: StoredGroup, stream: StoredStream): void;
  setRetention(group: StoredGroup, days: number): void;
  setTags(group: StoredGroup, tags: Record<string, string>): void;
  readonly segments: Segments;
  close(): Promise<void>;
}

/** One line of the catalogue: a group or stream as it now is, or gone. */
type Line =
  | { group: Omit<StoredGroup, "streams"> }
  | { stream: StoredStream; in: string }
  | { goneGroup: string }
  | { goneStream: string; in: string };

interface Catalogue {
  groups: Map<string, StoredGroup>;
  lastId: number;
}

const replay = (catalogue: Catalogue, line: Line): void => {
  if ("group" in line) {
    const streams = catalogue.groups.get(line.group.name)?.streams ?? new Map();
    catalogue.groups.set(line.group.name, { ...line.group, streams });
    catalogue.lastId = Math.max(catalogue.lastId, line.group.id);
  } else if ("stream" in line) {
    catalogue.groups.get(line.in)?.streams.set(line.stream.name, line.stream);
    catalogue.lastId = Math.max(catalogue.lastId, line.stream.id);
  } else if ("goneGroup" in line) catalogue.groups.delete(line.goneGroup);
  else catalogue.groups.get(line.in)?.streams.delete(line.goneStream);
};

const lineOf = (line: Line): string => `${JSON.stringify(line)}\n`;

const lineOfGroup = ({ streams: _, ...group }: StoredGroup): string => lineOf({ group });

/** The catalogue as its file tells it; a last line cut short by a crash is left out. */
const loadCatalogue = (path: string): Catalogue => {
  const catalogue: Catalogue = { groups: new Map(), lastId: 0 };
  let text = "";
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "ENOENT") throw cause;
  }
  const whole = text.slice(0, text.lastIndexOf("\n") + 1);
  for (const line of whole.split("\n")) {
    if (line !== "") replay(catalogue, JSON.parse(line) as Line);
  }
  return catalogue;
};

/** Writes the catalogue anew, without what has gone, and leaves it open for appending. */
const rewriteCatalogue = (path: string, catalogue: Catalogue): number => {
  const fresh = `${path}.new`;
  const descriptor = openSync(fresh, "w");
  for (const group of catalogue.groups.values()) {
    const streams = [...group.streams.values()];
    const lines = streams.map((stream) => lineOf({ stream, in: group.name }));
    writeFileSync(descriptor, lineOfGroup(group) + lines.join(""));
  }
  closeSync(descriptor);
  renameSync(fresh, path);
  return openSync(path, "a");
};

const removeOrphans = (directory: string, catalogue: Catalogue): void => {
  const streams = [...catalogue.groups.values()].flatMap((group) => [...group.streams.values()]);
  const known = new Set(streams.map((stream) => segmentName(stream.id)));
  for (const name of readdirSync(directory)) {
    if (!known.has(name)) rmSync(join(directory, name), { force: true });
  }
};

const groupActions = (
  catalogue: Catalogue,
  segments: Segments,
  write: (line: string) => void,
): Pick<Store, "createGroup" | "deleteGroup" | "setRetention" | "setTags"> => ({
  createGroup: ({ kmsKeyId, ...choices }) => {
    const id = catalogue.lastId + 1;
    const group = { id, ...choices, ...(kmsKeyId === undefined ? {} : { kmsKeyId }) };
    write(lineOf({ group }));
    replay(catalogue, { group });
  },
  deleteGroup: (group) => {
    write(lineOf({ goneGroup: group.name }));
    catalogue.groups.delete(group.name);
    for (const stream of group.streams.values()) segments.remove(stream.id);
  },
  setRetention: (group, days) => {
    write(lineOfGroup({ ...group, retentionInDays: days }));
    group.retentionInDays = days;
  },
  setTags: (group, tags) => {
    write(lineOfGroup({ ...group, tags }));
    group.tags = tags;
  },
});

const streamActions = (
  catalogue: Catalogue,
  segments: Segments,
  write: (line: string) => void,
): Pick<Store, "createStream" | "deleteStream"> => ({
  createStream: (group, name, creationMs) => {
    const stream = { id: catalogue.lastId + 1, name, creationMs };
    write(lineOf({ stream, in: group.name }));
    replay(catalogue, { stream, in: group.name });
  },
  deleteStream: (group, stream) => {
    write(lineOf({ goneStream: stream.name, in: group.name }));
    group.streams.delete(stream.name);
    segments.remove(stream.id);
  },
});

/** Opens the store in `directory`, which is made if absent. Rejects when another one has it open. */
export const openStore = async (directory: string): Promise<Store> => {
  const lock = await lockDirectory(directory);
  const eventsDirectory = join(directory, "events");
  mkdirSync(eventsDirectory, { recursive: true });
  const path = join(directory, "catalogue.jsonl");
  const catalogue = loadCatalogue(path);
  const descriptor = rewriteCatalogue(path, catalogue);
  removeOrphans(eventsDirectory, catalogue);
  const segments = openSegments(eventsDirectory);
  const write = (line: string): void => {
    writeFileSync(descriptor, line);
  };
  return {
    groups: () => catalogue.groups.values(),
    group: (name) => catalogue.groups.get(name),
    ...groupActions(catalogue, segments, write),
    ...streamActions(catalogue, segments, write),
    segments,
    close: async () => {
      segments.close();
      closeSync(descriptor);
      await lock.release();
    },
  };
};
