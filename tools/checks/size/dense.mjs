// One layer: the others must not come along.
export { Dense } from '@dl/layers';
