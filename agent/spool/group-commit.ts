/** One change to the store. */
export type Change = { type: "put"; key: string; value: Uint8Array } | { type: "del"; key: string };

/**
 * The change of a record that changes with every frame. It is asked for as its write begins, once for
 * all commits that the write serves; a later change of the same key takes its place.
 */
export interface LateChange {
  type: "late";
  key: string;
  change(): Change;
}

/** Joins changes made while a write is under way into the next one: one sync serves them all. */
export interface GroupCommit {
  /**
   * Resolves once the changes, and all before them, are written; synced where `isSynced`. All commits
   * that one write serves get the same promise.
   */
  commit(
    changes: readonly (Change | LateChange)[],
    isSynced: boolean,
    bytes?: number,
  ): Promise<void>;
  /** Resolves once every synced commit so far is on disk. */
  synced(): Promise<void>;
  /** Bytes that were told of commits which are not written yet. */
  waitingBytes(): number;
}

interface Group {
  commits: number;
  changes: Change[];
  late: Map<string, LateChange>;
  bytes: number;
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
  return {
    commits: 0,
    changes: [],
    late: new Map(),
    bytes: 0,
    isSynced: false,
    done,
    resolve,
    reject,
  };
};

const add = ({ changes, late }: Group, change: Change | LateChange): void => {
  if (change.type === "late") {
    late.set(change.key, change);
    return;
  }
  if (late.size > 0) late.delete(change.key);
  changes.push(change);
};

const isEmpty = ({ changes, late }: Group): boolean => changes.length === 0 && late.size === 0;

/** A write that serves so many commits gains little by waiting for more. */
const manyCommits = 32;

/** So often a write waits for others, as long as they come. */
const gatherings = 4;

/**
 * After one failed write nothing is written any more: what the disk holds is not known. One write
 * begins `gatherMs` after the other at the earliest, and as long as commits go on coming up to four
 * times as long, unless many wait for it: a sync takes as much processor time as a dozen frames.
 * Where none has come for `gatherMs` those who wait may be all there are.
 */
export const createGroupCommit = (
  write: (changes: Change[], isSynced: boolean) => Promise<void>,
  gatherMs = 0,
): GroupCommit => {
  let open = createGroup();
  let isWriting = false;
  let hasFailed = false;
  let lastSynced: Promise<void> = Promise.resolve();
  let waitingBytes = 0;
  let begunMs = Number.NEGATIVE_INFINITY;
  let hasMany = (): void => {};

  const pause = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      hasMany = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  const gather = async (): Promise<void> => {
    if (gatherMs === 0) return;
    let before = 0;
    for (let ends = 1; ends <= gatherings; ends++) {
      const leftMs = begunMs + ends * gatherMs - performance.now();
      const { commits } = open;
      if (leftMs < 1) continue;
      if (commits >= manyCommits || commits === before) break;
      before = commits;
      await pause(leftMs);
    }
    hasMany = () => {};
  };
  const writeGroup = async (group: Group): Promise<void> => {
    try {
      for (const each of group.late.values()) group.changes.push(each.change());
      await write(group.changes, group.isSynced);
      waitingBytes -= group.bytes;
      group.resolve();
    } catch (cause) {
      hasFailed = true;
      group.reject(cause);
      open.reject(cause);
      open.changes = [];
      open.late.clear();
    }
  };
  const run = async (): Promise<void> => {
    isWriting = true;
    await new Promise(setImmediate);
    while (!isEmpty(open)) {
      await gather();
      begunMs = performance.now();
      const group = open;
      open = createGroup();
      await writeGroup(group);
    }
    isWriting = false;
  };
  return {
    commit(changes, isSynced, bytes = 0) {
      const { done } = open;
      if (isSynced) lastSynced = done;
      if (hasFailed) return done;
      for (const change of changes) add(open, change);
      open.isSynced ||= isSynced;
      open.bytes += bytes;
      waitingBytes += bytes;
      if (++open.commits === manyCommits) hasMany();
      if (!isWriting) void run();
      return done;
    },
    synced: () => lastSynced,
    waitingBytes: () => waitingBytes,
  };
};
