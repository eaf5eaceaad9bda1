/** The number that a flag gives, `usual` without it. Throws where it is none above 0. */
export const numberFlag = (flags: readonly string[], name: string, usual: number): number => {
  const at = flags.indexOf(`--${name}`);
  const value = at < 0 ? usual : Number(flags[at + 1]);
  if (Number.isFinite(value) && value > 0) return value;
  throw new Error(
    `Cannot run the benchmark: --${name} is "${flags[at + 1]}", give a number above 0`,
  );
};
