/** A row of a table: its name, then its cells. */
export type Row = readonly [string, ...(string | number)[]];

/** Names to the left, cells to the right, columns as wide as needed. */
export const tableText = (rows: readonly Row[]): string => {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, cell] of row.entries()) {
      widths[column] = Math.max(widths[column] ?? 0, String(cell).length);
    }
  }
  const lines = rows.map((row) =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return column === 0 ? String(cell).padEnd(width) : String(cell).padStart(width);
      })
      .join("  "),
  );
  return `${lines.join("\n")}\n`;
};
