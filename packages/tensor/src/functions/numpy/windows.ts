/**
 * Window functions: weights that fall towards both ends, float32 vectors of a given length.
 */
import { ConfigError } from '../../errors.ts';
import { Tensor } from '../../tensor.ts';
import { wholeNumber } from '../arguments.ts';

type Window = (length: number) => Tensor;

/** Weights by their place from 0 (first) to 1 (last); a window of one element is 1. */
function weights(name: string, length: number, rule: (place: number) => number): Tensor {
  const n = wholeNumber(length, 0, `${name}: the length`);
  const values = Float64Array.from({ length: n }, (_, i) => (n === 1 ? 1 : rule(i / (n - 1))));
  return Tensor.fromValues(values, [n], 'float32');
}

const turn = 2 * Math.PI;

/** 1 − |2p − 1|: a triangle that is 0 at both ends. */
export const bartlett: Window = (length) => weights('bartlett', length, (p) => 1 - Math.abs(2 * p - 1));
/** 0.42 − 0.5·cos 2πp + 0.08·cos 4πp. */
export const blackman: Window = (length) =>
  weights('blackman', length, (p) => 0.42 - 0.5 * Math.cos(turn * p) + 0.08 * Math.cos(2 * turn * p));
/** 0.54 − 0.46·cos 2πp. */
export const hamming: Window = (length) => weights('hamming', length, (p) => 0.54 - 0.46 * Math.cos(turn * p));
/** ½ − ½·cos 2πp. */
export const hanning: Window = (length) => weights('hanning', length, (p) => 0.5 - 0.5 * Math.cos(turn * p));

/** Terms (x/2)^2k/(k!)² are positive, so their sum loses nothing. The common factor e^−scale avoids overflow. */
function bessel(x: number, scale: number): number {
  const quarter = (x * x) / 4;
  let log = -scale;
  let total = Math.exp(log);
  for (let k = 1; k < 40 + 2 * x; k++) {
    log += Math.log(quarter) - 2 * Math.log(k);
    total += Math.exp(log);
  }
  return total;
}

/** I₀(β·√(1 − (2p − 1)²))/I₀(β), after J. F. Kaiser; the larger β, the narrower. */
export const kaiser: (length: number, beta: number) => Tensor = (length, beta) => {
  if (!Number.isFinite(beta)) throw new ConfigError(`kaiser: beta must be a finite number, got ${beta}`);
  const top = Math.abs(beta);
  const whole = bessel(top, top);
  return weights('kaiser', length, (p) => {
    const x = top * Math.sqrt(Math.max(1 - (2 * p - 1) ** 2, 0));
    return x === 0 ? Math.exp(-top) / whole : bessel(x, top) / whole;
  });
};
