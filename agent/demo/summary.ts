/** What the terminal shows while the demo runs. */
export interface Summary {
  online: number;
  logged: number;
  acked: number;
  delivered: number;
  dropped: number;
  duplicates: number;
  /** Frames stored and not delivered yet. */
  waiting: number;
}

/** Shows a line that replaces itself on a terminal, and is repeated elsewhere. */
export interface SummaryLine {
  show(summary: Summary): void;
  /** Leaves the last line standing. */
  end(): void;
}

const textOf = (summary: Summary): string =>
  [
    `${summary.online} online`,
    `logged ${summary.logged}`,
    `acked ${summary.acked}`,
    `delivered ${summary.delivered}`,
    `waiting ${summary.waiting}`,
    `dropped ${summary.dropped}`,
    `duplicates ${summary.duplicates}`,
  ].join("   ");

export const createSummaryLine = (output: NodeJS.WriteStream): SummaryLine => {
  let hasLine = false;
  return {
    show(summary) {
      output.write(output.isTTY ? `\r\x1b[2K${textOf(summary)}` : `${textOf(summary)}\n`);
      hasLine = output.isTTY;
    },
    end() {
      if (hasLine) output.write("\n");
      hasLine = false;
    },
  };
};
