/**
 * The two networks of the quickstart.
 */
import { layers, losses, optimizers, Sequential } from '@dl/keras';

/** A compiled classifier of 28 × 28 grey images with values 0 to 255; its learning rate falls to 0 over `steps`. */
export function makeModel(kind: 'mlp' | 'cnn', classes: number, steps: number): Sequential {
  const model = new Sequential();
  model.add(new layers.Rescaling(1 / 255, { inputShape: [28, 28, 1] }));
  if (kind === 'cnn') {
    model.add(new layers.Conv2D(24, 3, { activation: 'relu' }));
    model.add(new layers.MaxPooling2D(2));
    model.add(new layers.Conv2D(48, 3, { activation: 'relu' }));
    model.add(new layers.MaxPooling2D(2));
    model.add(new layers.Flatten());
    model.add(new layers.Dense(64, { activation: 'relu' }));
  } else {
    model.add(new layers.Flatten());
    model.add(new layers.Dense(128, { activation: 'relu' }));
  }
  model.add(new layers.Dropout(0.1));
  model.add(new layers.Dense(classes));
  model.compile({
    optimizer: new optimizers.Adam(
      new optimizers.schedules.CosineDecay({ initialLearningRate: 0.003, decaySteps: steps }),
    ),
    loss: new losses.SparseCategoricalCrossentropy({ fromLogits: true }),
    metrics: ['accuracy'],
  });
  return model;
}
