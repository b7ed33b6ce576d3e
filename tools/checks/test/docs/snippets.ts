/**
 * The snippets of Markdown files, and what they promise to print.
 */
import ts from 'typescript';

/** A snippet of TypeScript or JavaScript. */
export interface Snippet {
  readonly name: string;
  readonly code: string;
  /** False where the fence says `no-run`: a fragment, or something that needs a device. */
  readonly run: boolean;
}

/** All snippets of a Markdown text; fences may be indented. */
export function snippetsOf(file: string, markdown: string): readonly Snippet[] {
  const fence = /^([ \t]*)```(ts|typescript|js|javascript|mjs)\b([^\n]*)\n(.*?)^\1```/gms;
  return [...markdown.matchAll(fence)].map(([, indent, , words, body], i) => ({
    name: `${file} #${i}`,
    code: body!.replaceAll(new RegExp(`^${indent!}`, 'gm'), ''),
    run: !words!.includes('no-run'),
  }));
}

/** A comment behind a `console.log` that tells what it prints. */
export interface Promised {
  readonly line: number;
  readonly text: string;
}

// A comment is output if it is written as values are: numbers, lists, objects, quotes. Others explain.
const OUTPUT = /^(close to )?(-?[\d.]+(?![\w²³])|\[|\{|['"]|true\b|false\b|NaN\b|Tensor)/;

/**
 * Finds `console.log(…); // output` and lets each of those calls report to `globalThis.printed(line, …)`.
 */
export function instrument(code: string): { readonly code: string; readonly promised: readonly Promised[] } {
  const source = ts.createSourceFile('snippet.ts', code, ts.ScriptTarget.Latest, true);
  const promised: Promised[] = [];
  const calls: { readonly start: number; readonly end: number; readonly line: number }[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && node.expression.getText() === 'console.log') {
      const text = /^[;)\s]*\/\/ (.*)/.exec(code.slice(node.end).split('\n')[0]!)?.[1];
      if (text !== undefined && OUTPUT.test(text)) {
        const line = source.getLineAndCharacterOfPosition(node.end).line + 1;
        promised.push({ line, text });
        calls.push({ start: node.expression.getStart(), end: node.arguments.pos, line });
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  let out = code;
  for (const { start, end, line } of calls.reverse()) {
    out = `${out.slice(0, start)}globalThis.printed(${line}, ${out.slice(end)}`;
  }
  return { code: out, promised };
}

const plain = (text: string): string => text.replaceAll(/[\s'"]/g, '');
const numbersIn = (text: string): number[] => [...text.matchAll(/-?\d+(\.\d*)?(e[-+]?\d+)?/g)].map(([n]) => Number(n));

/** Whether what was printed is what a comment says; blanks and quotes do not count, … stands for anything. */
export function agrees(text: string, printed: string): boolean {
  if (text.startsWith('close to ')) {
    const [wanted, got] = [numbersIn(text), numbersIn(printed)];
    return wanted.length > 0 && wanted.every((value, i) => Math.abs(got[i]! - value) <= 0.1);
  }
  const parts = plain(text)
    .split('…')
    .map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`, 's').test(plain(printed));
}
