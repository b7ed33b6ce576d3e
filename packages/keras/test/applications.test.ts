/**
 * Known networks: numbers of parameters as published by Keras, names of layers, tops, and weights from files.
 */
import { getBackend, loadWeights, ones, saveWeights, tensor, type Model } from '@dl/keras';
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
};

describe('numbers of parameters', () => {
  test.each(Object.entries(PARAMETERS))('%s', (name, count) => {
    const model = applications[name as 'ResNet50']();
    expect(model.countParams()).toBe(count);
    expect(model.output.shape).toEqual([null, 1000]);
  });
});
