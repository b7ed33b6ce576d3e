/**
 * `@dl/keras/debug`: finding out where values go wrong, where memory stays, and where time goes.
 */
import './setup.ts';

export { checkNumerics, type Handle } from './debug/check-numerics.ts';
export {
  BackendComparison,
  compareBackends,
  type CompareOptions,
  type LayerDifference,
} from './debug/compare-backends.ts';
export { kernelTimes, type KernelTime } from './debug/kernel-times.ts';
export { LeakReport, leaks, trackTensors, type LeakSite } from './debug/leaks.ts';
export { profile, ProfileReport, type KernelProfile, type ProfileOptions } from './debug/profile.ts';
