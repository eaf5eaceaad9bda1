/** Which seqs of a boot something can be read of: each that the agent took must be among them. */
export interface SeqSpans {
  /** An event, or what is told of `count` seqs. */
  add(from: number, count: number): void;
  /** A count of drops: of one seq, or with `isWhole` in place of a frame, which had who knows how many. */
  drop(seq: number, isWhole: boolean): void;
  /** Seqs below the last one, and below `end`, that nothing is said of. */
  holes(end: number): number;
}

interface Span {
  from: number;
  end: number;
  /** It reaches as far as the next one. */
  isOpen: boolean;
}

export const createSeqSpans = (): SeqSpans => {
  const spans: Span[] = [];
  /** Seqs of counts: where there are several with one, they are of a frame that gave way. */
  const dropped = new Set<number>();

  return {
    add(from, count) {
      spans.push({ from, end: from + count, isOpen: false });
    },
    drop(seq, isWhole) {
      spans.push({ from: seq, end: seq + 1, isOpen: isWhole || dropped.has(seq) });
      dropped.add(seq);
    },
    holes(end) {
      let next = 0;
      let isOpen = false;
      let holes = 0;
      const skip = (to: number): void => {
        if (to > next && !isOpen) holes += to - next;
      };
      for (const span of [...spans].sort((left, right) => left.from - right.from)) {
        skip(span.from);
        if (span.from >= next) isOpen = false;
        next = Math.max(next, span.end);
        isOpen ||= span.isOpen;
      }
      skip(end);
      return holes;
    },
  };
};
