/**
 * Known networks: numbers of parameters as published by Keras, names of layers, tops, and weights from files.
 */
import { getBackend, loadWeights, models, range, saveWeights, tensor, type Model, type Tensor } from '@dl/keras';
import * as applications from '@dl/keras/applications';
import { describe, expect, test } from 'vitest';

type Name = Exclude<keyof typeof applications, 'loadWeights'>;

/** Parameters with the top for 1000 classes: https://keras.io/api/applications; ResNet-18 and 34 by counting. */
const PARAMETERS: Readonly<Partial<Record<Name, number>>> = {
  MobileNet: 4_253_864,
  MobileNetV2: 3_538_984,
  MobileNetV3Small: 2_554_968,
  MobileNetV3Large: 5_507_432,
  ResNet18: 11_699_112,
  ResNet34: 21_814_696,
  ResNet50: 25_636_712,
  ResNet101: 44_707_176,
  ResNet152: 60_419_944,
  ResNet50V2: 25_613_800,
  ResNet101V2: 44_675_560,
  ResNet152V2: 60_380_648,
  EfficientNetB0: 5_330_571,
  EfficientNetB1: 7_856_239,
  EfficientNetB2: 9_177_569,
  EfficientNetB3: 12_320_535,
  EfficientNetB4: 19_466_823,
  EfficientNetB5: 30_562_527,
  EfficientNetB6: 43_265_143,
  EfficientNetB7: 66_658_687,
  VGG16: 138_357_544,
  VGG19: 143_667_240,
  DenseNet121: 8_062_504,
  DenseNet169: 14_307_880,
  DenseNet201: 20_242_984,
  Xception: 22_910_480,
  EfficientNetV2B0: 7_200_312,
  EfficientNetV2B1: 8_212_124,
  EfficientNetV2B2: 10_178_374,
  EfficientNetV2B3: 14_467_622,
  EfficientNetV2S: 21_612_360,
  EfficientNetV2M: 54_431_388,
  EfficientNetV2L: 119_027_848,
  ConvNeXtTiny: 28_589_128,
};

describe('numbers of parameters', () => {
  test.each(Object.entries(PARAMETERS))('%s', (name, count) => {
    const model = applications[name as 'ResNet50']();
    expect(model.countParams()).toBe(count);
    expect(model.output.shape).toEqual([null, 1000]);
  });
});

describe('transformers', () => {
  const small = { vocabularySize: 11, numLayers: 2, numHeads: 2, hiddenDim: 8, maxSequenceLength: 6 } as const;

  test('numbers of parameters of GPT-2 and BERT base', () => {
    expect(applications.GPT().countParams()).toBe(124_439_808);
    expect(applications.BERT().countParams()).toBe(109_482_240);
  });

  test('GPT sees only what came before', () => {
    const model = applications.GPT(small);
    const ids = (last: number): Tensor => tensor([[1, 2, 3, last]], 'int32');
    const [a, b] = [model.apply(ids(4)), model.apply(ids(9))];
    expect(a.shape).toEqual([1, 4, 11]);
    const first = (y: Tensor): unknown => y.at(null, range(0, 3)).arraySync();
    expect(first(a)).toEqual(first(b));
    expect(a.arraySync()).not.toEqual(b.arraySync());
    expect(() => model.apply(tensor([[1, 2, 3, 4, 5, 6, 7]], 'int32'))).toThrow('got 7 steps, there are places for 6');
  });

  test('BERT leaves padding out', () => {
    const model = applications.BERT(small);
    const run = (last: number): Float32Array =>
      model
        .apply({
          token_ids: tensor([[1, 2, last]], 'int32'),
          segment_ids: tensor([[0, 0, 1]], 'int32'),
          padding_mask: tensor([[true, true, false]]),
        })
        .pooled_output.dataSync() as Float32Array;
    expect(run(3)).toEqual(run(7));
    expect(() => applications.BERT({ ...small, numHeads: 3 })).toThrow('3 heads do not divide hiddenDim 8');
  });

  test('their configurations make them again', () => {
    const model = applications.GPT(small);
    const copy = models.fromConfig(JSON.parse(JSON.stringify(models.serialize(model))) as never);
    copy.setWeights(model.getWeights());
    const ids = tensor([[1, 2, 3]], 'int32');
    expect(copy.apply(ids).dataSync()).toEqual(model.apply(ids).dataSync());
  });
});

const names = (model: Model): string[] => model.layers.map(({ name }) => name);

describe('as Keras builds them', () => {
  test('layers have the names that files of weights use', () => {
    expect(names(applications.MobileNetV2())).toEqual(
      expect.arrayContaining([
        'Conv1',
        'bn_Conv1',
        'expanded_conv_project_BN',
        'block_2_add',
        'block_16_expand',
        'out_relu',
      ]),
    );
    expect(names(applications.ResNet50())).toEqual(
      expect.arrayContaining(['conv1_pad', 'conv2_block1_0_conv', 'conv5_block3_out', 'avg_pool', 'predictions']),
    );
    expect(names(applications.EfficientNetB0())).toEqual(
      expect.arrayContaining(['stem_conv_pad', 'block1a_dwconv', 'block2b_drop', 'block7a_se_excite', 'top_dropout']),
    );
  });

  test('without the top, shapes are those of the features; open sizes stay open', () => {
    const options = { includeTop: false, inputShape: [96, 64, 3] } as const;
    expect(applications.ResNet50(options).output.shape).toEqual([null, 3, 2, 2048]);
    expect(applications.MobileNetV2({ ...options, alpha: 0.5 }).output.shape).toEqual([null, 3, 2, 1280]);
    expect(applications.VGG16({ includeTop: false, pooling: 'max' }).output.shape).toEqual([null, 512]);
    expect(applications.DenseNet121({ includeTop: false }).output.shape).toEqual([null, null, null, 1024]);
  });

  test('they compute, also on odd sizes, and weights go to bytes and back', async () => {
    const options = { inputShape: [45, 33, 3], classes: 5, alpha: 0.35 } as const;
    const [model, copy] = [applications.MobileNetV2(options), applications.MobileNetV2(options)];
    const x = tensor(
      Float32Array.from({ length: 45 * 33 * 3 }, (_, i) => Math.sin(i)),
      undefined,
      [1, 45, 33, 3],
    );
    const y = await model.apply(x).data();
    expect([...y].reduce((a, b) => a + b, 0)).toBeCloseTo(1, 5);
    const bytes = await saveWeights(model);
    await loadWeights(copy, bytes);
    expect(await copy.apply(x).data()).toEqual(y);
    const loaded = await applications.MobileNetV2({ ...options, weights: bytes });
    expect(await loaded.apply(x).data()).toEqual(y);
    expect(getBackend().name).toBe('cpu');
  });

  test('wrong options and weights are named', async () => {
    expect(() => applications.ResNet50({ alpha: 2 } as never)).toThrow("ResNet50: unknown option 'alpha'");
    expect(() => applications.ResNet50({ inputShape: [16, 16, 3] })).toThrow('inputs must be at least 32 × 32');
    expect(() => applications.ResNet50({ includeTop: false, pooling: 'sum' as never })).toThrow(
      "expected 'avg', 'max' or null",
    );
    const small = await saveWeights(applications.MobileNet({ alpha: 0.25, classes: 2, inputShape: [32, 32, 3] }));
    const other = applications.MobileNet({ alpha: 0.5, classes: 2, inputShape: [32, 32, 3] });
    await expect(loadWeights(other, small)).rejects.toThrow(
      /conv1\/kernel: expected shape \[3, 3, 3, 16\], the file has \[3, 3, 3, 8\]/,
    );
    const first = other.weights[0]!.value.dataSync();
    await loadWeights(other, small, { skipMismatch: true });
    expect(other.weights[0]!.value.dataSync()).toEqual(first);
    await expect(loadWeights(other, new Uint8Array(20))).rejects.toThrow('safetensors, npz or model.json file');
  });
});
