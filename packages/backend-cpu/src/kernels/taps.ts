/**
 * Convolutions whose tiles read the image in place: for each position of the kernel a list of pointers, one per row, to
 * where the row meets the image there, or to zeros where the window hangs over the edge.
 */
import type { I32, Local } from '../wasm/code.ts';
import { LIST_BYTES, sizeOfK, type ConvPlan, type Taps } from './conv-plan.ts';
import type { ConvSizes } from './conv.ts';
import type { RowBlock } from './product.ts';
import { Windows } from './windows.ts';
import type { KernelWriter } from './writer.ts';

type Fill = (lhs: Local<I32>, i: Local<I32>, count: Local<I32>, pc: Local<I32>, kc: Local<I32>) => RowBlock;

/** Writes the function that makes the lists for a block of rows, and returns what calls it. */
export function tapLister(w: KernelWriter, plan: ConvPlan, taps: Taps, sizes: ConvSizes): Fill {
  const { f } = w;
  const { width } = plan.element;
  const zeros = f.keep(f.i32_add(f.get(sizes.block), f.i32(taps.lists * LIST_BYTES)));
  const depth = f.keep(w.product(plan.unitAxes.map((axis) => sizeOfK(plan.kernel, axis))));
  clear(w, zeros, f.i32_mul(f.get(depth), f.i32(width)));
  f.if(f.i32_eqz(f.get(depth)), () => f.set(depth, f.i32(1)));
  const list = w.helper(5, (inner, [lhs, i, count, out, nothing]) =>
    writeLists(inner, plan, taps, { lhs: lhs!, i: i!, count: count!, out: out!, nothing: nothing! }),
  );
  return (lhs, i, count, pc, kc) => {
    const fill = (): void => list(...[lhs, i, count, sizes.block, zeros].map((local) => (): I32 => f.get(local)));
    // The lists serve all blocks of k of the same rows, which follow one another unless blocks of k come outermost.
    if (plan.deep) fill();
    else f.if(f.i32_eqz(f.get(pc)), fill);
    const perList = (k: Local<I32>): I32 => f.i32_div_u(f.get(k), f.get(depth));
    const a = f.keep(f.i32_mul(perList(pc), f.i32(LIST_BYTES)));
    f.set(a, f.i32_add(f.get(a), f.get(sizes.block)));
    return {
      a,
      am: () => f.i32(4),
      ak: () => f.i32(width),
      lists: { step: LIST_BYTES, count: f.keep(perList(kc)), depth },
    };
  };
}

/** Writes zeros over so many bytes, and a little beyond. */
function clear(w: KernelWriter, from: Local<I32>, bytes: I32): void {
  const { f } = w;
  const left = f.keep(bytes);
  f.scope(() => {
    const at = f.keep(f.get(from));
    f.if(f.i32_gt_s(f.get(left), f.i32(0)), () =>
      f.repeat(() => {
        f.v128_store(f.get(at), f.bits(0));
        f.set(at, f.i32_add(f.get(at), f.i32(16)));
        return f.i32_gt_s(f.tee(left, f.i32_sub(f.get(left), f.i32(16))), f.i32(0));
      }),
    );
  });
}

/** With so many lists or fewer, the code for each is written out. */
const MOST_UNROLLED = 9;

interface Params {
  readonly lhs: Local<I32>;
  readonly i: Local<I32>;
  readonly count: Local<I32>;
  readonly out: Local<I32>;
  readonly nothing: Local<I32>;
}

function writeLists(w: KernelWriter, plan: ConvPlan, { axes, moved, lists }: Taps, params: Params): void {
  const { f } = w;
  const unrolls = lists <= MOST_UNROLLED;
  const windows = new Windows(w, plan, params.lhs);
  windows.begin(params.i);
  const left = f.keep(f.get(params.count));
  f.repeat(() => {
    windows.enter();
    f.scope(() => {
      const place = f.keep(f.get(params.out));
      const image = f.keep(f.get(windows.image));
      moved.forEach((d) => windows.move(d, windows.starts[d]!, image));
      const nest = (depth: number, from: Local<I32>, inside: Local<I32>): void => {
        const d = axes[depth];
        if (d === undefined) {
          f.i32_store(f.get(place), f.select(f.get(from), f.get(params.nothing), f.get(inside)));
          return f.set(place, f.i32_add(f.get(place), f.i32(LIST_BYTES)));
        }
        const axis = plan.kernel.axes[d]!;
        if (unrolls && axis.lhsDilation === 1)
          return f.scope(() => {
            const [at, address] = [f.keep(f.get(windows.starts[d]!)), f.keep(f.get(from))];
            const step = f.keep(windows.tapStep(d));
            windows.move(d, at, address);
            for (let t = 0; t < Number(axis.kernel); t++) {
              if (t > 0) {
                f.set(at, f.i32_add(f.get(at), w.int(axis.rhsDilation)));
                f.set(address, f.i32_add(f.get(address), f.get(step)));
              }
              const within = f.i32_lt_u(f.get(at), w.int(axis.input));
              nest(depth + 1, address, f.keep(f.i32_and(within, f.get(inside))));
            }
          });
        f.times(
          () => w.int(axis.kernel),
          (t) =>
            f.scope(() => {
              const [at, still] = [f.keep(f.get(from)), f.keep(f.get(inside))];
              windows.tap(d, t, at, still);
              nest(depth + 1, at, still);
            }),
        );
      };
      nest(0, image, f.keep(f.i32(1)));
    });
    f.set(params.out, f.i32_add(f.get(params.out), f.i32(4)));
    windows.advance(() => f.i32(1));
    return f.tee(left, f.i32_sub(f.get(left), f.i32(1)));
  });
}
