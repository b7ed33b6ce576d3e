/**
 * The compact table of whole networks: a line each, with the training step, inference and the first step in one cell.
 */
import { LABELS, markdownTable, rowsOf, type Line } from './readme-parts.ts';
import { OURS, OURS_RELAXED, type Row } from './row.ts';
import { formatFigure, speedup } from './table.ts';

/** A network, with the lines that share its cells. */
export interface NetworkLine {
  readonly title: string;
  readonly lines: readonly Line[];
}

const PARTS = ['training step', 'inference', 'first step'] as const;

const network = (title: string, name: string): NetworkLine => ({
  title,
  lines: PARTS.map((part) => ({ title: `${title}, ${part}`, workload: 'networks', case: `${name}, ${part}` })),
});

/** The networks that are shown, in order. */
export const NETWORKS: readonly NetworkLine[] = [
  network('ResNet-18, 8 images of 64×64', 'ResNet18'),
  network('MobileNetV2, 8 images of 64×64', 'MobileNetV2'),
  network('LSTM of 128, 32 × 50 steps of 64', 'LSTM'),
  network('GRU of 128, 32 × 50 steps of 64', 'GRU'),
  network('transformer encoder, 4 blocks of 128, 16 × 64 places', 'encoder'),
];

/** A sentence and the table; nothing without networks. */
export function networksTable(rows: readonly Row[], networks: readonly NetworkLine[]): string[] {
  const counts = [...new Set(rows.map((row) => row.threads))].sort((a, b) => a - b);
  const lines = counts.flatMap((threads) =>
    networks
      .map(({ title, lines: parts }) => ({
        title: threads === 1 ? title : `${title}, ${threads} threads`,
        found: parts.map((part) => rowsOf(rows, part, threads)),
      }))
      .filter(({ found }) => found.some((part) => part.has(OURS) || part.has(OURS_RELAXED))),
  );
  if (lines.length === 0) return [];
  const systems = Object.keys(LABELS).filter((system) =>
    lines.some(({ found }) => found.some((part) => part.has(system))),
  );
  const cell = (parts: readonly Map<string, Row>[], system: string): string => {
    if (!parts.some((part) => part.has(system))) return '–';
    const own = parts.map((part) => part.get(system));
    const figures = own.map((row) => (row === undefined ? '–' : formatFigure(row.median))).join(' / ');
    if (system === OURS || system === OURS_RELAXED) return figures;
    const ratios = own.map((row, i) => {
      const reference = parts[i]!.get(OURS) ?? parts[i]!.get(OURS_RELAXED);
      return row === undefined || reference === undefined ? '–' : `${formatFigure(speedup(reference, row))}×`;
    });
    return `${figures} (${ratios.join(' / ')})`;
  };
  const cells = lines.map(({ title, found }) => [title, ...systems.map((system) => cell(found, system))]);
  return [
    'Networks made of layers: milliseconds of a training step by Adam / of inference / of the first step, compilation included.',
    markdownTable([['network', ...systems.map((system) => LABELS[system]!)], ...cells]),
  ];
}
