/**
 * The worker's side: a model that others train, evaluate and ask for predictions.
 */
import type { Tensors } from '@dl/layers';
import { ConfigError, type DType, type Tensor, type TypedArray } from '@dl/tensor';
import type { Logs } from '../callbacks/callback.ts';
import { isTensor } from '../functional/forms.ts';
import { mapSeveral, type Several } from '../functional/structure.ts';
import type { AnyModel } from '../model.ts';
import type { ProfileTimes } from '../training/profile.ts';
import { Channel, type Handlers } from './channel.ts';
import { decodeData } from './data.ts';
import { ownPort, type PortLike } from './port.ts';
import { Relay, type WantedHooks, type Watching } from './relay.ts';
import { buildOptimizer, readState, writeState, type WireState } from './state.ts';

/** A run that is asked for. */
export interface RunRequest {
  readonly id: number;
  readonly method: 'fit' | 'evaluate' | 'predict';
  readonly x: unknown;
  readonly y: unknown;
  readonly options: Readonly<Record<string, unknown>>;
  readonly hooks: WantedHooks;
  readonly watching: Watching;
}

/** A tensor as it is posted. */
export interface WireTensor {
  readonly data: TypedArray;
  readonly shape: readonly number[];
  readonly dtype: DType;
}

/** What a run gives. */
export interface RunResult {
  readonly profile?: readonly ProfileTimes[] | null;
  readonly logs?: number | readonly number[] | Logs;
  readonly outputs?: Several<WireTensor>;
}

/** Answers for one model. */
export class ModelServer {
  readonly #channel: Channel;
  readonly #runs = new Map<number, AbortController>();
  #model: AnyModel | null;

  constructor(port: PortLike, model: AnyModel | null, more: Handlers = {}) {
    this.#model = model;
    this.#channel = new Channel(port, {
      run: (request: RunRequest) => this.#run(request),
      abort: (id: number) => this.#runs.get(id)?.abort(),
      compiled: () => this.model.compiled,
      buildOptimizer: () => buildOptimizer(this.model),
      getState: () => readState(this.model),
      setState: (state: WireState) => writeState(this.model, state),
      ...more,
    });
  }

  get model(): AnyModel {
    if (this.#model !== null) return this.#model;
    throw new ConfigError('the worker has no model yet');
  }

  set model(model: AnyModel) {
    this.#model = model;
  }

  async #run({ id, method, x, y, options, hooks, watching }: RunRequest): Promise<RunResult> {
    const controller = new AbortController();
    this.#runs.set(id, controller);
    try {
      const decoded = Object.entries(options).map(([key, value]) => [key, decodeData(value, this.#channel)]);
      return await this.#call(method, decodeData(x, this.#channel), decodeData(y, this.#channel), {
        ...(Object.fromEntries(decoded) as object),
        verbose: 0,
        callbacks: [new Relay(this.#channel, hooks, watching)],
        signal: controller.signal,
      });
    } finally {
      this.#runs.delete(id);
    }
  }

  async #call(method: RunRequest['method'], x: unknown, y: unknown, options: object): Promise<RunResult> {
    const { model } = this;
    switch (method) {
      case 'fit':
        return { profile: (await model.fit(x as never, y as never, options)).profile?.epochs ?? null };
      case 'evaluate':
        return { logs: await model.evaluate(x as never, y as never, options) };
      case 'predict':
        return { outputs: await toWire(await model.predict(x as never, options)) };
      default:
        throw new ConfigError(`serveModel: there is no method '${String(method satisfies never)}'`);
    }
  }
}

async function toWire(outputs: Tensors): Promise<Several<WireTensor>> {
  const values = new Map<Tensor, TypedArray>();
  const list: Tensor[] = [];
  mapSeveral<Tensor, void>(outputs, isTensor, (output) => void list.push(output));
  for (const output of list) values.set(output, await output.data());
  return mapSeveral<Tensor, WireTensor>(outputs, isTensor, (output) => {
    const { shape, dtype } = output;
    return { data: values.get(output)!, shape: [...shape], dtype };
  });
}

/**
 * In a worker of your own: lets the page train, evaluate and use a model through `connect(worker)`. The model may have layers,
 * losses and steps of your own; it and its data stay here, or come from the page.
 *
 * @param port Where to listen: the worker's own side unless given.
 * @throws ConfigError outside of workers when no port is given.
 * @example
 * const model = new Sequential([new Dense(1, { inputShape: [4] })]);
 * model.compile({ optimizer: 'adam', loss: 'mse' });
 * serveModel(model, new MessageChannel().port1);
 */
export function serveModel(model: object, port: PortLike = ownPort()): void {
  // Any model: types of inputs and outputs do not matter here.
  new ModelServer(port, model as AnyModel);
}
