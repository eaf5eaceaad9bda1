import fc from "fast-check";

/**
 * Properties look at the same cases in every run, so that a failure is the change's own and comes
 * back; `FAST_CHECK_SEED=<integer> npm test` looks at others.
 */
fc.configureGlobal({ seed: Number(process.env.FAST_CHECK_SEED ?? 1) });
