/**
 * Transformers over text: GPT, which predicts the next token, and BERT, which encodes all of them.
 */
import {
  Add,
  Dense,
  Dropout,
  Embedding,
  Input,
  LayerNormalization,
  MultiHeadAttention,
  PositionEmbedding,
  ReversibleEmbedding,
  type ProjectedAttentionCall,
  type Tensors,
} from '@dl/layers';
import { RandomNormal, TruncatedNormal, type Initializer } from '@dl/layers/initializers';
import { ConfigError, expandDims, type Tensor } from '@dl/tensor';
import { Model, type AnyModel } from '../model.ts';
import { loadWeights, type WeightSource } from '../weights.ts';

/** Options of {@link GPT} and {@link BERT}. */
export interface TransformerOptions {
  /** Number of tokens; 50257 for GPT, 30522 for BERT unless given. */
  readonly vocabularySize?: number | undefined;
  /** Blocks, 12 unless given. */
  readonly numLayers?: number | undefined;
  /** Heads of attention, 12 unless given; they must divide `hiddenDim`. */
  readonly numHeads?: number | undefined;
  /** Size of the vector of a token, 768 unless given. */
  readonly hiddenDim?: number | undefined;
  /** Size inside the feedforward layers, four times `hiddenDim` unless given. */
  readonly intermediateDim?: number | undefined;
  /** Part that dropout drops, 0.1 unless given. */
  readonly dropout?: number | undefined;
  /** The longest sequence; 1024 for GPT, 512 for BERT unless given. */
  readonly maxSequenceLength?: number | undefined;
  /** Weights in a safetensors or npz file: bytes, a path or a URL. Then a promise of the model comes back. */
  readonly weights?: WeightSource | null | undefined;
  readonly name?: string | undefined;
}

/** What a builder gives: the model, or a promise of it when weights are to be read. */
type Made<O extends TransformerOptions, M> = O extends { readonly weights: WeightSource } ? Promise<M> : M;

type Settings = Readonly<
  Record<
    'vocabularySize' | 'numLayers' | 'numHeads' | 'hiddenDim' | 'intermediateDim' | 'dropout' | 'maxSequenceLength',
    number
  >
>;

function settingsOf(where: string, options: TransformerOptions, vocabulary: number, length: number): Settings {
  const known = [
    'vocabularySize',
    'numLayers',
    'numHeads',
    'hiddenDim',
    'intermediateDim',
    'dropout',
    'maxSequenceLength',
    'weights',
    'name',
    'pooled',
  ];
  for (const key of Object.keys(options)) {
    if (!known.includes(key)) throw new ConfigError(`${where}: unknown option '${key}'; known: ${known.join(', ')}`);
  }
  const { vocabularySize = vocabulary, numLayers = 12, numHeads = 12, hiddenDim = 768, dropout = 0.1 } = options;
  const { intermediateDim = 4 * hiddenDim, maxSequenceLength = length } = options;
  if (hiddenDim % numHeads !== 0) {
    throw new ConfigError(`${where}: ${numHeads} heads do not divide hiddenDim ${hiddenDim}`);
  }
  return { vocabularySize, numLayers, numHeads, hiddenDim, intermediateDim, dropout, maxSequenceLength };
}

interface Block extends Settings {
  readonly name: string;
  readonly epsilon: number;
  readonly activation: string;
  readonly initializer: () => Initializer;
}

const norm = (x: Tensor, { epsilon, name }: Block, part: string): Tensor =>
  new LayerNormalization({ epsilon, name: `${name}_${part}_norm` }).apply(x);

const drop = (x: Tensor, { dropout, name }: Block, part: string): Tensor =>
  new Dropout(dropout, { name: `${name}_${part}_dropout` }).apply(x);

function attend(x: Tensor, block: Block, call: ProjectedAttentionCall): Tensor {
  const { numHeads, hiddenDim, dropout, initializer, name } = block;
  const attention = new MultiHeadAttention(numHeads, hiddenDim / numHeads, {
    dropout,
    kernelInitializer: initializer(),
    name: `${name}_self_attention`,
  });
  return drop(attention.apply([x, x], call) as Tensor, block, 'attention');
}

function feedForward(x: Tensor, block: Block): Tensor {
  const { hiddenDim, intermediateDim, activation, initializer, name } = block;
  const inner = new Dense(intermediateDim, {
    activation,
    kernelInitializer: initializer(),
    name: `${name}_feedforward_intermediate_dense`,
  }).apply(x);
  const outer = new Dense(hiddenDim, {
    kernelInitializer: initializer(),
    name: `${name}_feedforward_output_dense`,
  }).apply(inner);
  return drop(outer, block, 'feedforward');
}

const join = (a: Tensor, b: Tensor, name: string): Tensor => new Add({ name }).apply([a, b]);

/**
 * A GPT-2 (A. Radford and others, 2019): ids of tokens [batch, steps] to scores of the next token [batch, steps,
 * vocabularySize]. Normalization stands before each part, the table of tokens leads back to them. 124,439,808 parameters
 * with the sizes it has unless others are given.
 *
 * @throws ConfigError for options that do not fit.
 * @example const model = GPT({ vocabularySize: 96, numLayers: 2, numHeads: 4, hiddenDim: 64, maxSequenceLength: 128 });
 */
export function GPT<O extends TransformerOptions = TransformerOptions>(options: O = {} as O): Made<O, Model> {
  const settings = settingsOf('GPT', options, 50257, 1024);
  const { vocabularySize, numLayers, hiddenDim, dropout, maxSequenceLength } = settings;
  const initializer = (): Initializer => new RandomNormal({ stddev: 0.02 });
  const ids = Input({ shape: [null], dtype: 'int32', name: 'token_ids' });
  const tokens = new ReversibleEmbedding(vocabularySize, hiddenDim, {
    embeddingsInitializer: new RandomNormal({ stddev: 0.01 }),
    name: 'token_embedding',
  });
  let x = new PositionEmbedding(maxSequenceLength, {
    embeddingsInitializer: initializer(),
    name: 'position_embedding',
  }).apply(tokens.apply(ids));
  x = new Dropout(dropout, { name: 'embeddings_dropout' }).apply(x);
  for (let i = 0; i < numLayers; i++) {
    const block: Block = {
      ...settings,
      name: `transformer_layer_${i}`,
      epsilon: 1e-5,
      activation: 'gelu',
      initializer,
    };
    x = join(
      x,
      attend(norm(x, block, 'self_attention'), block, { useCausalMask: true }),
      `${block.name}_attention_add`,
    );
    x = join(x, feedForward(norm(x, block, 'feedforward'), block), `${block.name}_feedforward_add`);
  }
  x = new LayerNormalization({ epsilon: 1e-5, name: 'layer_norm' }).apply(x);
  const model = new Model(ids, tokens.apply(x, { reverse: true }), { name: options.name ?? 'gpt' });
  return finish(model, options);
}

/** Options of {@link BERT}. */
export interface BERTOptions extends TransformerOptions {
  /** Whether a dense layer over the first token is a second output; true unless given. */
  readonly pooled?: boolean | undefined;
}

/** What {@link BERT} takes. */
export type BERTInputs = { readonly token_ids: Tensor; readonly segment_ids: Tensor; readonly padding_mask: Tensor };

/** What {@link BERT} gives. */
export type BERTOutputs = { readonly sequence_output: Tensor; readonly pooled_output: Tensor };

/**
 * A BERT (J. Devlin and others, 2018): ids of tokens and segments and a mask of padding, each [batch, steps], to vectors
 * [batch, steps, hiddenDim] and, from the first token, [batch, hiddenDim]. 109,482,240 parameters with the sizes it has
 * unless others are given.
 *
 * @throws ConfigError for options that do not fit.
 * @example
 * const ids = tensor([[2, 7, 3, 0]], 'int32');
 * const { pooled_output: vector } = BERT({ numLayers: 2, numHeads: 2, hiddenDim: 128 }).apply({
 *   token_ids: ids,
 *   segment_ids: ids.mul(0),
 *   padding_mask: ids.notEqual(0),
 * });
 */
export function BERT<O extends BERTOptions = BERTOptions>(
  options: O = {} as O,
): Made<O, Model<BERTInputs, BERTOutputs>> {
  const settings = settingsOf('BERT', options, 30522, 512);
  const { vocabularySize, numLayers, hiddenDim, dropout, maxSequenceLength } = settings;
  const initializer = (): Initializer => new TruncatedNormal({ stddev: 0.02 });
  const ids = Input({ shape: [null], dtype: 'int32', name: 'token_ids' });
  const segments = Input({ shape: [null], dtype: 'int32', name: 'segment_ids' });
  const padding = Input({ shape: [null], dtype: 'bool', name: 'padding_mask' });
  const attentionMask = expandDims(padding, 1);
  const table = (size: number, name: string): Embedding =>
    new Embedding(size, hiddenDim, { embeddingsInitializer: initializer(), name });
  let x = new Add({ name: 'embeddings_add' }).apply([
    table(vocabularySize, 'token_embedding').apply(ids),
    table(2, 'segment_embedding').apply(segments),
  ]);
  x = new PositionEmbedding(maxSequenceLength, {
    embeddingsInitializer: initializer(),
    name: 'position_embedding',
  }).apply(x);
  x = new LayerNormalization({ epsilon: 1e-12, name: 'embeddings_layer_norm' }).apply(x);
  x = new Dropout(dropout, { name: 'embeddings_dropout' }).apply(x);
  for (let i = 0; i < numLayers; i++) {
    const block: Block = {
      ...settings,
      name: `transformer_layer_${i}`,
      epsilon: 1e-12,
      activation: 'gelu',
      initializer,
    };
    const attended = attend(x, block, { attentionMask });
    x = norm(join(x, attended, `${block.name}_attention_add`), block, 'self_attention');
    x = norm(join(x, feedForward(x, block), `${block.name}_feedforward_add`), block, 'feedforward');
  }
  const pooled = new Dense(hiddenDim, { activation: 'tanh', kernelInitializer: initializer(), name: 'pooled_dense' });
  const inputs: BERTInputs = { token_ids: ids, segment_ids: segments, padding_mask: padding };
  const outputs = {
    sequence_output: x,
    ...(options.pooled === false ? {} : { pooled_output: pooled.apply(x.at(null, 0)) }),
  };
  const model = new Model(inputs, outputs as BERTOutputs, { name: options.name ?? 'bert' });
  return finish(model, options);
}

function finish<O extends TransformerOptions, I extends Tensors, Y extends Tensors>(
  model: Model<I, Y>,
  { weights = null }: O,
): Made<O, Model<I, Y>> {
  return (weights === null ? model : loadWeights(model as unknown as AnyModel, weights).then(() => model)) as Made<
    O,
    Model<I, Y>
  >;
}
