import type { Line } from './row.js';

const COLUMNS = ['what', 'reference', 'product', 'ratio', 'spread', 'floor', 'aim'] as const;

/** The lines under their columns. */
export function table(lines: readonly Line[]): string {
  const rows = [
    [...COLUMNS, ''],
    ...lines.map((line) => [...COLUMNS.map((column) => line[column]), line.met === false ? 'below the floor' : '']),
  ];
  const widths = rows[0]?.map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0))) ?? [];
  const text = rows.map((row) =>
    row
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return [
    text[0],
    widths
      .map((width) => '-'.repeat(width))
      .join('  ')
      .trimEnd(),
    ...text.slice(1),
  ].join('\n');
}
