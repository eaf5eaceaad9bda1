import { AgentError, messageOf } from "../errors.ts";
import { systemTime, type Time } from "../time.ts";
import type { Dictionary } from "./dictionary.ts";
import { lookAround, readDictionary, type SeenFile } from "./folder-files.ts";

/**
 * The dictionaries in a folder: what its `*.json` say now. A file taken away takes its dictionary
 * with it; one that becomes unreadable leaves what it held last.
 */
export interface Dictionaries {
  find(hash: string): Dictionary | undefined;
  /** Looks no more, and tells no more; what was found stays. */
  close(): void;
}

export interface DictionariesOptions {
  directory: string;
  /** Of a file, or the folder: told once, and again when it has changed. */
  onTrouble: (trouble: AgentError) => void;
  /** A hash that was not there at the last look. */
  onChange?: (dictionary: Dictionary) => void;
  time?: Time;
  /** Time between two looks; 5,000 ms. */
  pollMs?: number;
}

const defaultPollMs = 5_000;
/** At the limits the files changed last are held, and the others told as trouble. */
const limitFiles = 256;
/** As the files have them. */
const limitBytes = 67_108_864;

/** What is known of a file. */
interface KnownFile {
  stamp: string;
  dictionary: Dictionary | undefined;
}

interface Shelf {
  find(hash: string): Dictionary | undefined;
  /** Makes the shelf what was seen, newest first. */
  update(seen: SeenFile[]): Promise<void>;
}

type ShelfOptions = Required<Pick<DictionariesOptions, "onTrouble" | "onChange">>;

const beyond = (path: string): AgentError =>
  new AgentError(
    "DICTIONARIES_FULL",
    `Cannot hold dictionary "${path}": newer ones take the ${limitFiles} places or ${limitBytes} bytes, take out of the folder what no device runs`,
  );

const createShelf = ({ onTrouble, onChange }: ShelfOptions): Shelf => {
  let files = new Map<string, KnownFile>();
  let byHash = new Map<string, Dictionary>();

  const load = async (seen: SeenFile, last: Dictionary | undefined): Promise<KnownFile> => {
    try {
      return { stamp: seen.stamp, dictionary: await readDictionary(seen) };
    } catch (thrown) {
      onTrouble(thrown as AgentError);
      return { stamp: seen.stamp, dictionary: last };
    }
  };
  const refuse = ({ path, stamp }: SeenFile, known: KnownFile | undefined): KnownFile => {
    const refused = { stamp: `beyond ${stamp}`, dictionary: undefined };
    if (known?.stamp !== refused.stamp) onTrouble(beyond(path));
    return refused;
  };
  const adopt = (next: Map<string, KnownFile>): void => {
    const last = byHash;
    files = next;
    byHash = new Map();
    for (const { dictionary } of files.values()) {
      if (dictionary !== undefined) byHash.set(dictionary.hash, dictionary);
    }
    for (const [hash, dictionary] of byHash) if (!last.has(hash)) onChange(dictionary);
  };
  return {
    find: (hash) => byHash.get(hash),
    async update(seen) {
      const next = new Map<string, KnownFile>();
      let places = limitFiles;
      let freeBytes = limitBytes;
      for (const file of seen) {
        const known = files.get(file.path);
        const isKnown = known?.stamp === file.stamp;
        if (places === 0 || file.bytes > freeBytes) next.set(file.path, refuse(file, known));
        else next.set(file.path, isKnown ? known : await load(file, known?.dictionary));
        if (next.get(file.path)?.dictionary === undefined) continue;
        places--;
        freeBytes -= file.bytes;
      }
      adopt(next);
    },
  };
};

/** Looks at once, then every `pollMs`: a file system's own word of changes cannot be relied on. */
export const createDictionaries = async (options: DictionariesOptions): Promise<Dictionaries> => {
  const { directory, time = systemTime, pollMs = defaultPollMs } = options;
  let lastFault = "";
  let isClosed = false;
  let cancel = (): void => {};

  const onTrouble = (trouble: AgentError): void => {
    if (!isClosed) options.onTrouble(trouble);
  };
  const onChange = (dictionary: Dictionary): void => {
    if (!isClosed) options.onChange?.(dictionary);
  };
  const shelf = createShelf({ onTrouble, onChange });
  const tellFault = (cause: unknown): void => {
    const fault = messageOf(cause);
    if (fault === lastFault) return;
    lastFault = fault;
    const message = `Cannot look for dictionaries in "${directory}": ${fault}`;
    onTrouble(new AgentError("DICTIONARIES_UNREADABLE", message, { cause }));
  };
  const poll = async (): Promise<void> => {
    const seen = await lookAround(directory).catch(tellFault);
    if (isClosed) return;
    if (seen !== undefined) {
      lastFault = "";
      await shelf.update(seen);
    }
    if (!isClosed) cancel = time.after(pollMs, () => void poll());
  };

  await poll();
  return {
    find: shelf.find,
    close() {
      isClosed = true;
      cancel();
    },
  };
};
