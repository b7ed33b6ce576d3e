// A network by hand on three packages: what such a program weighs in a bundle.
import { variableGrads } from '@dl/autograd';
import { cpu } from '@dl/backend-cpu';
import { Generator, setBackend, softmaxCrossEntropy, Variable, zeros } from '@dl/tensor';

setBackend(cpu());
const g = new Generator(1);
const weights = [new Variable(g.normal([4, 8])), new Variable(zeros([8])), new Variable(g.normal([8, 3]))];

/** One step of gradient descent. */
export function step(x, y) {
  const [w1, b1, w2] = weights;
  const loss = () => softmaxCrossEntropy(y, x.matmul(w1).add(b1).relu().matmul(w2)).mean();
  const { value, grads } = variableGrads(loss, weights);
  weights.forEach((w, i) => w.assignSub(grads[i].mul(0.1)));
  return value;
}
