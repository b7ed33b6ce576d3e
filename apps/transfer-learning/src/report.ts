/**
 * The report: one page that loads nothing, with how well each way did, learning curves, mistakes and pictures.
 */
import { confusionMatrixHTML, escapeText, formatShare, historyHTML, reportPage } from '@dl/keras/reports';
import jpeg from 'jpeg-js';
import { SIZE } from './backbone.ts';
import type { Pictures, Task } from './photos.ts';
import type { Result } from './transfer.ts';

/** What the page shows. */
export interface Findings {
  readonly task: Task;
  /** The ways by their names, with what came of them. */
  readonly ways: Readonly<Record<string, Result>>;
  /** The way whose curves are shown. */
  readonly curves: string;
  /** `confusion[true class][predicted class]`, of the test pictures. */
  readonly confusion: readonly (readonly number[])[];
  /** The class that each test picture was given. */
  readonly predicted: readonly number[];
}

/** A picture as the address of an inline JPEG. */
function address({ x }: Pictures, index: number): string {
  const count = SIZE * SIZE;
  const data = new Uint8Array(count * 4).fill(255);
  for (let i = 0; i < count; i++) {
    for (let c = 0; c < 3; c++) data[i * 4 + c] = Math.round(x.data[(index * count + i) * 3 + c]! * 255);
  }
  const { data: file } = jpeg.encode({ data, width: SIZE, height: SIZE }, 80);
  return `data:image/jpeg;base64,${Buffer.from(file).toString('base64')}`;
}

/** Pictures with their names: some that are right, and all mistakes up to a number. */
function examples({ task, predicted }: Findings): string {
  const { names, test } = task;
  const all = predicted.map((guess, i) => ({ i, guess, truth: test.y[i]! }));
  const wrong = all.filter(({ guess, truth }) => guess !== truth).slice(0, 15);
  const right = names.flatMap((_, id) => all.filter(({ guess, truth }) => guess === truth && truth === id).slice(0, 2));
  const figure = ({ i, guess, truth }: (typeof all)[number]): string => {
    const [said, is] = [escapeText(names[guess]!), escapeText(names[truth]!)];
    const text = guess === truth ? said : `${said}<br/><small>is ${is}</small>`;
    return `<figure class="${guess === truth ? 'right' : 'wrong'}"><img src="${address(test, i)}" width="${SIZE}" height="${SIZE}" alt="${is}"/><figcaption>${text}</figcaption></figure>`;
  };
  return (
    `<style>.pictures{display:grid;grid-template-columns:repeat(auto-fill,minmax(96px,1fr));gap:12px}` +
    `.pictures figure{margin:0;text-align:center;font-size:14px}.pictures img{border-radius:6px;border:3px solid transparent}` +
    `.pictures .wrong img{border-color:#d66214}</style>` +
    `<p>Pieces of photos that were not learnt from. Mistakes are framed.</p>` +
    `<div class="pictures">${[...wrong, ...right].map(figure).join('')}</div>`
  );
}

function table(ways: Findings['ways']): string {
  const rows = Object.entries(ways).map(
    ([name, { accuracy, seconds }]) =>
      `<tr><th scope="row" style="text-align:left;padding-right:24px;font-weight:400">${escapeText(name)}</th>` +
      `<td style="text-align:right;padding-right:24px"><b>${formatShare(accuracy)}</b></td><td style="text-align:right">${seconds.toFixed(1)} s</td></tr>`,
  );
  return `<table><thead><tr><th></th><th style="text-align:right;padding-right:24px">right</th><th style="text-align:right">trained in</th></tr></thead><tbody>${rows.join('')}</tbody></table>`;
}

/** The page as HTML. */
export function renderReport(findings: Findings): string {
  const { task, ways, curves, confusion } = findings;
  const { history } = ways[curves]!;
  return reportPage('Transfer learning', [
    { title: `${task.test.y.length} test pictures of ${task.names.length} classes`, html: table(ways) },
    { title: `Learning curves: ${curves}`, html: historyHTML(history, { page: false }) },
    { title: 'What is taken for what', html: confusionMatrixHTML(confusion, { classNames: task.names, page: false }) },
    { title: 'Pictures', html: examples(findings) },
  ]);
}
