/**
 * Checks of pages and pictures, without a browser.
 */
import { expect } from 'vitest';

/** Tags in order must nest and attributes must be quoted. Returns how often each name was seen. */
export function checkWellFormed(markup: string): ReadonlyMap<string, number> {
  const seen = new Map<string, number>();
  const open: string[] = [];
  const body = markup.replace('<!doctype html>', '').replaceAll(/<style>.*?<\/style>/gs, '<style></style>');
  const tag = /<(\/?)([a-z][a-z0-9]*)((?:\s+[a-zA-Z][a-zA-Z0-9-]*(?:="[^"<]*")?)*)\s*(\/?)>/g;
  expect(/[<>].{0,40}/.exec(body.replace(tag, ''))?.[0]).toBeUndefined();
  for (const [, closing, name, , selfClosing] of body.matchAll(tag)) {
    if (closing === '/') expect(open.pop()).toBe(name);
    else {
      seen.set(name!, (seen.get(name!) ?? 0) + 1);
      if (selfClosing !== '/') open.push(name!);
    }
  }
  expect(open).toEqual([]);
  return seen;
}

/** What every picture and page must be: well formed, self-contained, described, in both colour schemes. */
export function checkMarkup(markup: string): ReadonlyMap<string, number> {
  const seen = checkWellFormed(markup);
  const own = markup.replaceAll('xmlns="http://www.w3.org/2000/svg"', '');
  expect(/https?:|\/\/[a-z]|@import|url\(|<script|<link|<iframe/i.exec(own)?.[0]).toBeUndefined();
  expect(own).not.toMatch(/NaN(?! or infinite)|undefined|"-?Infinity/);
  expect(markup).toContain('prefers-color-scheme:dark');
  for (const [svg] of markup.matchAll(/<svg [^>]*>/g)) expect(svg).toMatch(/role="img".*aria-label="[^"]{8,}"/s);
  return seen;
}
