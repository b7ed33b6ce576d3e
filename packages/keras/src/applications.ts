/**
 * `@dl/keras/applications`: known networks as functional models, with Keras's layer names and numbers of parameters.
 */
import './setup.ts';

export type { ApplicationOptions, Built } from './applications/shared.ts';
export { MobileNet, MobileNetV2, type MobileNetOptions, type MobileNetV2Options } from './applications/mobilenet.ts';
export { MobileNetV3Large, MobileNetV3Small, type MobileNetV3Options } from './applications/mobilenet-v3.ts';
export {
  ResNet18,
  ResNet34,
  ResNet50,
  ResNet50V2,
  ResNet101,
  ResNet101V2,
  ResNet152,
  ResNet152V2,
} from './applications/resnet.ts';
export {
  EfficientNetB0,
  EfficientNetB1,
  EfficientNetB2,
  EfficientNetB3,
  EfficientNetB4,
  EfficientNetB5,
  EfficientNetB6,
  EfficientNetB7,
  type EfficientNetOptions,
} from './applications/efficientnet.ts';
export { VGG16, VGG19 } from './applications/vgg.ts';
export { DenseNet121, DenseNet169, DenseNet201 } from './applications/densenet.ts';
export { Xception } from './applications/xception.ts';
export {
  EfficientNetV2B0,
  EfficientNetV2B1,
  EfficientNetV2B2,
  EfficientNetV2B3,
  EfficientNetV2L,
  EfficientNetV2M,
  EfficientNetV2S,
  type EfficientNetV2Options,
} from './applications/efficientnet-v2.ts';
export { ConvNeXtTiny, type ConvNeXtOptions } from './applications/convnext.ts';
export {
  BERT,
  GPT,
  type BERTInputs,
  type BERTOptions,
  type BERTOutputs,
  type TransformerOptions,
} from './applications/transformer.ts';
