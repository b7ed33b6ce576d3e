/**
 * All cases.
 */
import type { Case } from '../case.ts';
import { ARRAYS } from './arrays.ts';
import { CONTROL } from './control.ts';
import { ELEMENTWISE } from './elementwise.ts';
import { IMAGES } from './image.ts';
import { LINALG } from './linalg.ts';
import { NN } from './nn.ts';
import { RANDOM } from './random.ts';
import { SIGNAL } from './signal.ts';
import { STATISTICS } from './statistics.ts';

export const CASES: readonly Case[] = [
  ...ELEMENTWISE,
  ...STATISTICS,
  ...ARRAYS,
  ...NN,
  ...CONTROL,
  ...LINALG,
  ...SIGNAL,
  ...IMAGES,
  ...RANDOM,
];
