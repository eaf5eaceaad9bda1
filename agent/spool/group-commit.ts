/** One change to the store. */
export type Change = { type: "put"; key: string; value: Uint8Array } | { type: "del"; key: string };

/** Joins changes made while a write is under way into the next one: one sync serves them all. */
export interface GroupCommit {
  /** Resolves once the changes, and all before them, are written; synced where `isSynced`. */
  commit(changes: Change[], isSynced: boolean): Promise<void>;
  /** Resolves once every synced commit so far is on disk. */
  synced(): Promise<void>;
}

interface Group {
  changes: Change[];
  isSynced: boolean;
  done: Promise<void>;
  resolve(): void;
  reject(cause: unknown): void;
}

const createGroup = (): Group => {
  let resolve = (): void => {};
  let reject = (_cause: unknown): void => {};
  const done = new Promise<void>((accept, refuse) => {
    resolve = accept;
    reject = refuse;
  });
  done.catch(() => {});
  return { changes: [], isSynced: false, done, resolve, reject };
};

/** After one failed write nothing is written any more: what the disk holds is not known. */
export const createGroupCommit = (
  write: (changes: Change[], isSynced: boolean) => Promise<void>,
): GroupCommit => {
  let open = createGroup();
  let isWriting = false;
  let hasFailed = false;
  let lastSynced: Promise<void> = Promise.resolve();

  const run = async (): Promise<void> => {
    isWriting = true;
    await new Promise(setImmediate);
    while (open.changes.length > 0) {
      const group = open;
      open = createGroup();
      try {
        await write(group.changes, group.isSynced);
        group.resolve();
      } catch (cause) {
        hasFailed = true;
        group.reject(cause);
        open.reject(cause);
        open.changes = [];
      }
    }
    isWriting = false;
  };
  return {
    commit(changes, isSynced) {
      const { done } = open;
      if (isSynced) lastSynced = done;
      if (hasFailed) return done;
      for (const change of changes) open.changes.push(change);
      open.isSynced ||= isSynced;
      if (!isWriting) void run();
      return done;
    },
    synced: () => lastSynced,
  };
};
