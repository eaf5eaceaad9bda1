/** A site as a device's table keeps it. */
export const siteMeaning = (kind: number, values: number, tag: string, format: string): string =>
  String.fromCharCode(kind, values, tag.length) + tag + format;
