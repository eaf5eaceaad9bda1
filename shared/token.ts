/** No format that people write begins with it. */
const mark = "\x01";

const idLimit = 2147483647;

/** What stands in a program for the format at place `id`, 0 to 2^31 - 1, of its dictionary. */
export const tokenOf = (id: number): string => mark + id.toString(36);

/** The place a token names; null for anything that is not exactly a token. */
export const idOfToken = (format: string): number | null => {
  if (format.charAt(0) !== mark) return null;
  const id = parseInt(format.slice(1), 36);
  return id >= 0 && id <= idLimit && tokenOf(id) === format ? id : null;
};
