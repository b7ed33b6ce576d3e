/**
 * The script of the worker that `fit({ worker: true })` starts: makes the model that it is sent, and trains it.
 */
import './setup.ts';
import { setSeed } from '@dl/tensor';
import { fromConfig } from './models.ts';
import type { AnyModel } from './model.ts';
import type { ModelSpec } from './worker/fit-in-worker.ts';
import { ownPort } from './worker/port.ts';
import { ModelServer } from './worker/serve.ts';
import { buildOptimizer, writeState } from './worker/state.ts';

const server = new ModelServer(ownPort(), null, {
  make: ({ stored, compile, state, seed }: ModelSpec): void => {
    setSeed(seed);
    const model = fromConfig(stored) as unknown as AnyModel;
    model.compile(compile);
    buildOptimizer(model);
    writeState(model, state);
    server.model = model;
  },
});
