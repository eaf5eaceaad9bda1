/**
 * What became of all that was logged: `logged` is the sum of `delivered`, `missing`, `dropped`, `taken`
 * and `unheard`, less `overcounted`.
 */
export interface Books {
  /** Calls, and events of the loggers themselves. */
  logged: number;
  /** Of these, what can be read. */
  delivered: number;
  /** Neither delivered nor counted, nor within what was reported as lost with the power. */
  missing: number;
  /** Events, or what is told of them, that can be read once more than they should. */
  duplicates: number;
  /** Neighbours by seq whose stamps, or whose calls, run backwards. */
  outOfOrder: number;
  /** Delivered with other words, values or level than they were logged with. */
  altered: number;
  /** Counted as dropped, or kept as dead letters, by reason. */
  dropped: Record<string, number>;
  /** Events more than were logged, by what is delivered and counted. */
  overcounted: number;
  /** Events taken with the power and reported: within `power_loss, at most n`, or a tail that is unknown. */
  taken: number;
  /** What `power_loss` reported, at most. */
  powerLossAtMost: number;
  /** Events of boots without flash that died before the agent had anything of them: nobody can know. */
  unheard: number;
  /** Delivered with a stamp further from the truth than it says. */
  beyondBound: number;
  /** Of stamps that claim a bound. */
  worstStampErrorMs: number;
  /** Of those that do not: `estimated` and `placed`. */
  worstUnboundErrorMs: number;
  boots: number;
}

export const emptyBooks = (): Books => ({
  ...{ logged: 0, delivered: 0, missing: 0, duplicates: 0, outOfOrder: 0, altered: 0 },
  ...{ dropped: {}, overcounted: 0, taken: 0, powerLossAtMost: 0, unheard: 0 },
  ...{ beyondBound: 0, worstStampErrorMs: 0, worstUnboundErrorMs: 0, boots: 0 },
});
