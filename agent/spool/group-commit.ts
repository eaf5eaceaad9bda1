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
  const { promise, resolve, reject } = withResolvers();
  promise.catch(() => {});
  return { changes: [], isSynced: false, done: promise, resolve, reject };
};

const withResolvers = (): Pick<Group, "resolve" | "reject"> & { promise: Promise<void> } => {
  let resolve = (): void => {};
  let reject = (_cause: unknown): void => {};
  const promise = new Promise<void>((accept, refuse) => {
    resolve = accept;
    reject = refuse;
  });
  return { promise, resolve, reject };
};

/** After one failed write nothing is written any more: what the disk holds is not known. */
export const createGroupCommit = (
  write: (changes: Change[], isSynced: boolean) => Promise<void>,
): GroupCommit => {
  let open = createGroup();
  let isWriting = false;
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
        group.reject(cause);
        open.reject(cause);
        return;
      }
    }
    isWriting = false;
  };
  const join = (changes: Change[], isSynced: boolean): Promise<void> => {
    for (const change of changes) open.changes.push(change);
    open.isSynced ||= isSynced;
    const done = open.done;
    if (isSynced) lastSynced = done;
    if (!isWriting) void run();
    return done;
  };
  return {
    commit: join,
    synced: () => lastSynced,
  };
};
