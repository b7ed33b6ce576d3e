/**
 * `@dl/keras/debug`: finding out where values go wrong, memory stays, and time goes.
 */
import './setup.ts';

export * as debug from './debug/index.ts';
export * from './debug/index.ts';
