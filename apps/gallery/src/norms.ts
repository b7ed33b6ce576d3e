/**
 * Known networks are meant for long training: their normalization follows the data slowly. A short one needs it faster.
 */
import { layers, models, type Model } from '@dl/keras';

/** The same network, with new weights, whose batch normalizations have this momentum. */
export function withMomentum(network: Model, momentum: number): Model {
  return models.cloneModel(network, {
    cloneFunction: (layer) => layers.cloneLayer(layer, layer instanceof layers.BatchNormalization ? { momentum } : {}),
  });
}
