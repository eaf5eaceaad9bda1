/** Names in the order they came, each once. */
export interface Line {
  has(name: string): boolean;
  /** Puts a name at the end, unless it is in line. */
  join(name: string): void;
  /** Takes the first; undefined where nobody is in line. */
  next(): string | undefined;
  size(): number;
}

/** Places that were left are removed when there are this many, and as many others at most. */
const compactAt = 1_024;

/** An array with a moving head: a Set slows down as its first members are removed. */
export const createLine = (): Line => {
  let names: string[] = [];
  let head = 0;
  const members = new Set<string>();
  return {
    has: (name) => members.has(name),
    join(name) {
      if (members.has(name)) return;
      members.add(name);
      names.push(name);
    },
    next() {
      const name = names[head];
      if (name === undefined) return undefined;
      head++;
      members.delete(name);
      if (head >= compactAt && head * 2 >= names.length) {
        names = names.slice(head);
        head = 0;
      }
      return name;
    },
    size: () => members.size,
  };
};
