/**
 * Accuracy with fused multiply-add.
 */
import { configure, features } from '@dl/backend-cpu';
import { expect, test } from 'vitest';
import { accuracyTests } from './accuracy-suite.ts';

configure({ relaxedSimd: true });

test('multiply and add are fused', () => expect(features().relaxedSimd).toBe(true));

accuracyTests();
